#!/bin/sh
# build.sh VERSION: builds lnd-VERSION in this folder.
set -eu
cd "$(dirname "$0")"
case ${1:-} in
0.21.2) go build -o lnd-0.21.2 . ;;
0.20.2) go build -modfile=0.20.2.mod -o lnd-0.20.2 . ;;
0.18.4) go build -modfile=0.18.4.mod -tags=lnd_0_18_4 -o lnd-0.18.4 . ;;
0.18.2) go build -modfile=0.18.2.mod -tags=lnd_0_18_2 -o lnd-0.18.2 . ;;
*)
	echo "usage: build.sh 0.21.2|0.20.2|0.18.4|0.18.2" >&2
	exit 2
	;;
esac
