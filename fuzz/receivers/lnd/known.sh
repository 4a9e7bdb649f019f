#!/bin/sh
# known.sh AMMETER: replays each known bug on a version that has it and on one that has not.
# Prints a line each; exits with 1 if one does not come out as it should.
set -u
ammeter=$1
cd "$(dirname "$0")"
wrong=0
replay() { # TRACE VERSION STORE EXIT-CODE
	if [ ! -x "lnd-$2" ]; then
		echo "skipped: $1 on $2: not built"
		return
	fi
	"$ammeter" attack --jobs 1 --receiver "process:./lnd-$2 -store $3" --replay "known/$1.trace" \
		>/dev/null 2>&1
	code=$?
	echo "$1 on $2 ($3): exit code $code, should be $4"
	[ $code -eq "$4" ] || wrong=1
}
replay 11198 0.21.2 bolt 1
replay 11198 0.21.2 sqlite 1
replay 11176 0.21.2 bolt 1
replay 11176 0.21.2 sqlite 1
replay 9463 0.21.2 bolt 1
replay 9463 0.21.2 sqlite 1
replay 9459 0.18.4 bolt 1
replay 9459 0.18.4 sqlite 0
replay 9459 0.20.2 bolt 0
replay 9050 0.18.2 sqlite 1
replay 9050 0.18.2 bolt 0
replay 9050 0.18.4 sqlite 0
replay 8855 0.18.2 sqlite 1
replay 8855 0.18.2 bolt 0
replay 8855 0.18.4 sqlite 0
exit $wrong
