#!/bin/sh
# known.sh AMMETER: replays each known bug on every version and store, of which some have it and some have not.
# Prints a line each; exits with 1 if one does not come out as docs/real-receivers.md says.
set -u
ammeter=$1
cd "$(dirname "$0")"
wrong=0
replay() { # TRACE VERSION STORE VERDICT
	said=$("$ammeter" attack --jobs 1 --receiver "process:./lnd-$2 -store $3" --replay "known/$1.trace" 2>&1 |
		head -n 1)
	case $said in
	*": $4") echo "$1 on $2 ($3): $4" ;;
	*) echo "$1 on $2 ($3): $said, should be: $4"
		wrong=1
		;;
	esac
}
for version in 0.18.2 0.18.4 0.20.2 0.21.2; do
	if [ ! -x "lnd-$version" ]; then
		echo "skipped: $version: not built"
		continue
	fi
	for store in bolt sqlite; do
		# What is not told below.
		n11198="VIOLATION of honest-sets-settle" n11176="VIOLATION of terminal-is-absorbing"
		n9463="VIOLATION of no-overstay" n9459="no violation" n9050="no violation" n8855="no violation"
		case $version-$store in
		0.18.2-bolt | 0.18.4-bolt) n9459="VIOLATION of no-overstay" ;;
		# On SQLite #9463 is shown from 0.18.4 on.
		0.18.2-sqlite) n9050="VIOLATION of honest-sets-settle" n8855=$n9050 n9463= ;;
		esac
		replay 11198 $version $store "$n11198"
		replay 11176 $version $store "$n11176"
		[ -z "$n9463" ] || replay 9463 $version $store "$n9463"
		replay 9459 $version $store "$n9459"
		replay 9050 $version $store "$n9050"
		replay 8855 $version $store "$n8855"
	done
done
exit $wrong
