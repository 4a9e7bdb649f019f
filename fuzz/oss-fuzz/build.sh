#!/bin/bash -eu
# Builds every target for OSS-Fuzz and ClusterFuzzLite: the programs, their seeds and their dictionaries go to $OUT.
# Both projects' base images set SRC, OUT, SANITIZER and a nightly compiler; .ci/oss_fuzz sets them by hand.
cd "$SRC/ammeter"

export SANITIZER=${SANITIZER:-address}
.ci/libfuzzer build
programs=$(.ci/libfuzzer where)

for seeds in fuzz/seeds/*; do
    target=${seeds##*/}
    cp "$programs/$target" "$OUT/"
    zip -q -j "$OUT/${target}_seed_corpus.zip" "$seeds"/*
    dictionary=fuzz/dictionaries/$target.dict
    if [ -f "$dictionary" ]; then
        cp "$dictionary" "$OUT/"
    fi
done
