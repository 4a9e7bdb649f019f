// A plain receiver of Atomic Multi-Path payments to copy, written from docs/protocol.md.
//
// Its state follows from its events, so it keeps a log of events: each is synced before its effects
// leave, and a restart takes them all again. A node that runs for years would cut the log.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

const hello = `{"hello":{"protocol":2,"name":"plain-go","profile":{"hashes":["sha256"]}}}`

// Event is a line of input. The fields of its kind are set. A Number is also read from a string.
type Event struct {
	Event       string
	State       string
	Policy      Policy
	ChannelID   json.Number `json:"channel_id"`
	HtlcID      json.Number `json:"htlc_id"`
	PaymentHash string      `json:"payment_hash"`
	AmountMsat  json.Number `json:"amount_msat"`
	Expiry      json.Number
	Frames      *string
	Payload     *string
	Height      json.Number
	NowMs       json.Number `json:"now_ms"`
	Name        string
	Reusable    bool
}

func main() {
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "plain-go:", err)
		os.Exit(1)
	}
}

func serve(input io.Reader, output io.Writer) error {
	if _, err := fmt.Fprintln(output, hello); err != nil {
		return err
	}
	var durable *Durable
	for lines := bufio.NewReader(input); ; {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		event := Event{Policy: defaults}
		if err := json.Unmarshal(line, &event); err != nil {
			return fmt.Errorf("%w in %s", err, line)
		}
		if event.Event == "open" {
			durable.close()
			durable, err = open(event.State, event.Policy)
		} else if durable == nil {
			err = fmt.Errorf("nothing is open")
		} else {
			err = durable.take(event, line)
		}
		if err != nil {
			return err
		}
		if _, err := output.Write(durable.answers()); err != nil {
			return err
		}
	}
}

// Durable is a receiver, the log of its events, and how many were taken since it was opened.
type Durable struct {
	receiver *Receiver
	log      *os.File
	done     int
}

func open(folder string, policy Policy) (*Durable, error) {
	log, err := os.OpenFile(filepath.Join(folder, "log"), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	entry, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	defer entry.Close()
	if err := entry.Sync(); err != nil {
		return nil, err
	}
	written, err := io.ReadAll(log)
	if err != nil {
		return nil, err
	}
	// A line that was cut off was never answered.
	whole := written[:bytes.LastIndexByte(written, '\n')+1]
	if err := log.Truncate(int64(len(whole))); err != nil {
		return nil, err
	}
	durable := &Durable{receiver: NewReceiver(policy), log: log}
	for _, line := range bytes.Split(bytes.TrimSpace(whole), []byte("\n")) {
		var event Event
		if len(line) == 0 {
			continue
		} else if err := json.Unmarshal(line, &event); err != nil {
			return nil, err
		} else if err := durable.receiver.Take(event); err != nil {
			return nil, err
		}
	}
	durable.receiver.effects.Reset()
	durable.receiver.sayDecided()
	return durable, nil
}

func (durable *Durable) close() {
	if durable != nil {
		durable.log.Close()
	}
}

// take makes an event durable before anybody hears what follows from it.
func (durable *Durable) take(event Event, line []byte) error {
	if err := durable.receiver.Take(event); err != nil {
		return fmt.Errorf("%w in %s", err, line)
	}
	if _, err := durable.log.Write(line); err != nil {
		return err
	}
	durable.done++
	return durable.log.Sync()
}

func (durable *Durable) answers() []byte {
	defer durable.receiver.effects.Reset()
	return fmt.Appendf(durable.receiver.effects.Bytes(), "{\"done\":%d}\n", durable.done)
}
