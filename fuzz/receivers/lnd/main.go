// Command lnd-receiver drives lnd's own invoice registry by Ammeter's line protocol
// (docs/protocol.md): events as JSON lines on standard input, effects on standard output.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
)

// event is one line of standard input.
type event struct {
	Event       string
	State       string
	Policy      policy
	ChannelID   number `json:"channel_id"`
	HtlcID      number `json:"htlc_id"`
	PaymentHash string `json:"payment_hash"`
	AmountMsat  number `json:"amount_msat"`
	Expiry      number
	Payload     string
	Height      number
	NowMs       number `json:"now_ms"`
	Name        string
}

// policy is what of Ammeter's policy lnd can be told.
type policy struct {
	HoldMs             number `json:"hold_ms"`
	ExpiryMarginBlocks number `json:"expiry_margin_blocks"`
	Spontaneous        bool
}

// effect is one line of standard output.
type effect struct {
	Effect    string `json:"effect"`
	ChannelID string `json:"channel_id"`
	HtlcID    string `json:"htlc_id"`
	Preimage  string `json:"preimage,omitempty"`
	Reason    string `json:"reason,omitempty"`
}

// number is a whole number, written as a number or as a string.
type number uint64

func (n *number) UnmarshalJSON(text []byte) error {
	value, err := strconv.ParseUint(strings.Trim(string(text), `"`), 10, 64)
	*n = number(value)
	return err
}

func main() {
	store := flag.String("store", "bolt", "where invoices are kept: bolt or sqlite")
	// Goroutines of the registry come to rest where synctest can see it, which is in a bubble; and
	// bubbles are made for tests only.
	testing.Init()
	flag.Parse()
	run := func(t *testing.T) { synctest.Test(t, func(*testing.T) { die(serve(*store)) }) }
	all := func(string, string) (bool, error) { return true, nil }
	testing.Main(all, []testing.InternalTest{{Name: "serve", F: run}}, nil, nil)
}

// die ends the process, whose goroutines must not be waited for.
func die(err error) {
	if err == nil {
		os.Exit(0)
	}
	fmt.Fprintln(os.Stderr, "lnd-receiver:", err)
	os.Exit(1)
}

// serve answers events until the input ends.
func serve(store string) error {
	databases, err := newStore(store)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	say := func(answer any) error { return json.NewEncoder(out).Encode(answer) }
	if err := say(hello()); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	var receiver *receiver
	done := 0
	for in.Scan() {
		if len(strings.TrimSpace(in.Text())) == 0 {
			continue
		}
		var event event
		if err := json.Unmarshal(in.Bytes(), &event); err != nil {
			return fmt.Errorf("%w in %q", err, in.Text())
		}
		var effects []effect
		if event.Event == "open" {
			receiver.close()
			receiver, err = open(databases, event.State, event.Policy)
			done = 0
		} else if receiver == nil {
			err = fmt.Errorf("%s before open", event.Event)
		} else {
			effects, err = receiver.take(&event)
			done++
		}
		if err != nil {
			return err
		}
		for _, effect := range effects {
			if err := say(effect); err != nil {
				return err
			}
		}
		if err := say(map[string]int{"done": done}); err != nil {
			return err
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
	return in.Err()
}

// version is that of the lnd that is linked.
func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "github.com/lightningnetwork/lnd" {
			return strings.TrimSuffix(strings.TrimPrefix(module.Version, "v"), "-beta")
		}
	}
	return "unknown"
}
