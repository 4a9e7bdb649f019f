#!/bin/bash -eu
# The same as for OSS-Fuzz.
exec "$SRC/ammeter/fuzz/oss-fuzz/build.sh"
