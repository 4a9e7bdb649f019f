package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
)

// Policy is what the operator decided.
type Policy struct {
	Deviation            string
	Realms               string
	Spontaneous          bool
	OverpaymentFactorMax uint64 `json:"overpayment_factor_max"`
	HoldMs               uint64 `json:"hold_ms"`
	ExpiryMarginBlocks   uint64 `json:"expiry_margin_blocks"`
	RetentionMs          uint64 `json:"retention_ms"`
	PartCountMax         uint64 `json:"part_count_max"`
	SetsMax              int    `json:"sets_max"`
	SetHtlcsMax          int    `json:"set_htlcs_max"`
	ChannelHtlcsMax      int    `json:"channel_htlcs_max"`
	HtlcsMax             int    `json:"htlcs_max"`
	RefusalsMax          int    `json:"refusals_max"`
}

var defaults = Policy{"fail-set", "any", true, 2, 60_000, 18, 3_600_000, 1 << 10, 1 << 20, 483, 483, 1 << 20, 483 * 64}

// Key tells HTLCs apart.
type Key struct{ channel, htlc uint64 }

// Member is an HTLC of a set.
type Member struct {
	key      Key
	part     Part
	hash     [32]byte
	expiry   uint64
	preimage [32]byte
	gone     bool
}

// Set is what has one id.
type Set struct {
	first    Part
	count    uint64
	openedMs uint64
	phase    string
	reason   string
	members  []*Member
	// When the last member went.
	goneMs *uint64
}

// Invoice is what somebody is asked to pay.
type Invoice struct {
	amount   uint64
	reusable bool
}

// Fate is what became of an HTLC: a set's member, or why it was refused.
type Fate struct {
	set    *Set
	member *Member
	reason string
}

// Receiver is everything that follows from a policy and events.
type Receiver struct {
	policy   Policy
	height   uint64
	nowMs    uint64
	invoices map[string]Invoice
	sets     map[string]*Set
	htlcs    map[Key]Fate
	// How many of them were refused, and the latest expiry of those that there was no room to remember.
	refused     int
	closedUntil uint64
	effects     bytes.Buffer
}

// NewReceiver has seen nothing.
func NewReceiver(policy Policy) *Receiver {
	return &Receiver{
		policy: policy, invoices: map[string]Invoice{}, sets: map[string]*Set{}, htlcs: map[Key]Fate{},
	}
}

// Take takes an event. An error is the driver's fault.
func (receiver *Receiver) Take(event Event) (err error) {
	number := func(text json.Number) uint64 {
		value, wrong := strconv.ParseUint(string(text), 10, 64)
		if wrong != nil {
			err = wrong
		}
		return value
	}
	name, wrong := hex.DecodeString(event.Name)
	if wrong != nil {
		return wrong
	}
	switch event.Event {
	case "htlc":
		key := Key{number(event.ChannelID), number(event.HtlcID)}
		member := &Member{key: key, expiry: number(event.Expiry)}
		hash, wrong := hex.DecodeString(event.PaymentHash)
		if copy(member.hash[:], hash); wrong != nil {
			return wrong
		}
		receiver.htlc(member, event, number(event.AmountMsat))
	case "block":
		receiver.height = max(receiver.height, number(event.Height))
		receiver.passDeadlines()
	case "clock":
		receiver.nowMs = max(receiver.nowMs, number(event.NowMs))
		receiver.passDeadlines()
	case "invoice":
		receiver.invoices[string(name)] = Invoice{number(event.AmountMsat), event.Reusable}
	case "cancel":
		receiver.close(string(name), "cancelled")
	case "resolved":
		receiver.resolved(Key{number(event.ChannelID), number(event.HtlcID)})
	default:
		return fmt.Errorf("%q is no event", event.Event)
	}
	return err
}

func (receiver *Receiver) say(key Key) {
	fate, effect, more := receiver.htlcs[key], "hold", ""
	if set := fate.set; set == nil {
		effect, more = "fail", `,"reason":"`+fate.reason+`"`
	} else if set.phase == "failed" {
		effect, more = "fail", `,"reason":"`+set.reason+`"`
	} else if set.phase == "settled" {
		effect, more = "settle", fmt.Sprintf(`,"preimage":"%x"`, fate.member.preimage)
	}
	fmt.Fprintf(&receiver.effects, "{\"effect\":%q,\"channel_id\":\"%d\",\"htlc_id\":\"%d\"%s}\n",
		effect, key.channel, key.htlc, more)
}

// sayDecided says what the last life may have left unsaid.
func (receiver *Receiver) sayDecided() {
	for key, fate := range receiver.htlcs {
		if fate.set == nil || fate.set.phase != "collecting" {
			receiver.say(key)
		}
	}
}

func (receiver *Receiver) htlc(member *Member, event Event, paid uint64) {
	key := member.key
	if _, known := receiver.htlcs[key]; known {
		receiver.say(key)
		return
	}
	read, digits := frames, event.Frames
	if digits == nil {
		read, digits = payload, event.Payload
	}
	part, err := Part{}, errUnreadable
	if digits != nil {
		// Digits that are none leave too few bytes.
		onion, _ := hex.DecodeString(*digits)
		part, err = read(onion)
	}
	member.part = part
	set := receiver.sets[part.set]
	if reason := receiver.refusal(member, set, paid, err); reason != "" {
		receiver.htlcs[key] = Fate{reason: reason}
		receiver.say(key)
		if receiver.refused < receiver.policy.RefusalsMax {
			receiver.refused++
		} else {
			delete(receiver.htlcs, key)
			receiver.closedUntil = max(receiver.closedUntil, member.expiry)
		}
		spoils := reason == "deviates" && receiver.policy.Deviation == "fail-set"
		if spoils || reason == "amount-overflow" {
			receiver.decide(set, "failed", reason)
		}
		return
	}
	if set == nil {
		set = &Set{first: part, openedMs: receiver.nowMs, phase: "collecting"}
		receiver.sets[part.set] = set
	}
	set.members = append(set.members, member)
	set.count = max(set.count, part.count)
	receiver.htlcs[key] = Fate{set: set, member: member}
	receiver.lookAt(set, key)
}
