package main

import (
	"crypto/sha256"
	"math/bits"
	"strings"
)

// refusal is the first row of the table of rules that applies.
func (receiver *Receiver) refusal(member *Member, set *Set, paid uint64, unreadable error) string {
	policy, part, ofChannel := receiver.policy, member.part, 0
	for key, fate := range receiver.htlcs {
		if fate.set != nil && key.channel == member.key.channel {
			ofChannel++
		}
	}
	counted := part.version == "basic" || part.version == "adaptive"
	switch {
	case member.expiry <= receiver.closedUntil:
		return "refusal-limit"
	case len(receiver.htlcs)-receiver.refused >= policy.HtlcsMax:
		return "htlc-limit"
	case ofChannel >= policy.ChannelHtlcsMax:
		return "channel-limit"
	case unreadable != nil:
		return "unreadable"
	case part.isZero:
		return "zero-id"
	case counted && part.count > policy.PartCountMax:
		return "too-many-parts"
	case paid < part.amount:
		return "amount-below-onion"
	case member.expiry < part.cltv:
		return "expiry-below-onion"
	case receiver.height+policy.ExpiryMarginBlocks >= member.expiry:
		return "expires-soon"
	case set != nil:
		return receiver.misfit(member, set)
	case !receiver.isAskedFor(part.name):
		return "no-invoice"
	case len(receiver.sets) >= policy.SetsMax:
		return "set-limit"
	}
	return ""
}

func (receiver *Receiver) misfit(member *Member, set *Set) string {
	policy, part, held := receiver.policy, member.part, uint64(len(set.members))
	if set.phase != "collecting" {
		return "set-" + set.phase
	}
	same := part.count == set.count && part.commitment == set.first.commitment
	if part.version == "adaptive" {
		same = same || part.count == 0 || set.count == 0 && held < part.count
	}
	if part.version != set.first.version || !same {
		return "deviates"
	}
	if policy.Realms == "one" && part.realm != set.first.realm {
		return "deviates"
	}
	weight, amount := part.weight, uint64(0)
	for _, other := range set.members {
		if other.hash == member.hash {
			return "duplicate-hash"
		}
		weight += other.part.weight
		amount += other.part.amount
	}
	most := policy.PartCountMax
	if part.version != "committed" && set.count > 0 {
		most = set.count
	}
	if part.version != "tree" && part.version != "lnd" && weight > most {
		return "weight-overflow"
	}
	if _, carry := bits.Add64(amount, part.amount, 0); carry > 0 {
		return "amount-overflow"
	}
	if held >= uint64(policy.SetHtlcsMax) {
		return "set-htlc-limit"
	}
	return ""
}

// invoiceOf finds the open invoice of a name, of which version 3 says the beginning only.
func (receiver *Receiver) invoiceOf(name string) (string, bool) {
	for known := range receiver.invoices {
		if strings.HasPrefix(known, name) {
			return known, true
		}
	}
	return "", false
}

// isAskedFor is whether a set of this name may be opened.
func (receiver *Receiver) isAskedFor(name string) bool {
	if _, open := receiver.invoiceOf(name); open {
		return true
	}
	for _, set := range receiver.sets {
		other := set.first.name
		alike := strings.HasPrefix(other, name) || strings.HasPrefix(name, other)
		closes := set.phase == "settled" || set.reason == "cancelled" || set.reason == "no-invoice"
		if alike && closes {
			return false
		}
	}
	return receiver.policy.Spontaneous
}

// lookAt looks whether a set is complete with its last member, and settles or fails it.
func (receiver *Receiver) lookAt(set *Set, newcomer Key) {
	var root [32]byte
	weight, paid := uint64(0), uint64(0)
	for _, member := range set.members {
		for i, digit := range member.part.share {
			root[i] ^= digit
		}
		weight += member.part.weight
		paid += member.part.amount
	}
	commitment := sha256.Sum256(root[:])
	complete := map[string]bool{
		"basic":     weight == set.count,
		"adaptive":  weight == set.count,
		"committed": string(commitment[:]) == set.first.commitment,
		"tree":      true,
		"lnd":       paid >= set.count,
	}[set.first.version]
	matches := complete && match(set, root[:])
	if !complete || !matches && set.first.version == "tree" {
		receiver.say(newcomer)
		return
	}
	name, asked := receiver.invoiceOf(set.first.name)
	due := receiver.invoices[name]
	high, most := bits.Mul64(due.amount, receiver.policy.OverpaymentFactorMax)
	switch {
	case !matches:
		receiver.decide(set, "failed", "hash-mismatch")
	case !asked && !receiver.policy.Spontaneous:
		receiver.decide(set, "failed", "no-invoice")
	case paid < due.amount:
		receiver.decide(set, "failed", "underpaid")
	case due.amount > 0 && high == 0 && paid > most:
		receiver.decide(set, "failed", "overpaid")
	default:
		receiver.decide(set, "settled", "")
		if asked && !due.reusable {
			receiver.close(name, "no-invoice")
		}
	}
}

func (receiver *Receiver) decide(set *Set, phase, reason string) {
	set.phase, set.reason = phase, reason
	for _, member := range set.members {
		if !member.gone {
			receiver.say(member.key)
		}
	}
}

// close is what happens when an invoice is paid or cancelled.
func (receiver *Receiver) close(name, reason string) {
	_, known := receiver.invoices[name]
	delete(receiver.invoices, name)
	for _, set := range receiver.sets {
		if known && set.phase == "collecting" && strings.HasPrefix(name, set.first.name) {
			receiver.decide(set, "failed", reason)
		}
	}
}

func (receiver *Receiver) passDeadlines() {
	soon := receiver.height + receiver.policy.ExpiryMarginBlocks
	for id, set := range receiver.sets {
		if set.phase != "collecting" {
			if set.goneMs != nil && receiver.nowMs-*set.goneMs >= receiver.policy.RetentionMs {
				delete(receiver.sets, id)
			}
			continue
		}
		if receiver.nowMs-set.openedMs >= receiver.policy.HoldMs {
			receiver.decide(set, "failed", "held-too-long")
			continue
		}
		for _, member := range set.members {
			if soon >= member.expiry {
				receiver.decide(set, "failed", "expires-soon")
				break
			}
		}
	}
}

func (receiver *Receiver) resolved(key Key) {
	fate, known := receiver.htlcs[key]
	delete(receiver.htlcs, key)
	if fate.set == nil {
		if known {
			receiver.refused--
		}
		return
	}
	fate.member.gone = true
	if fate.set.phase == "collecting" {
		receiver.decide(fate.set, "failed", "member-lost")
	}
	for _, member := range fate.set.members {
		if !member.gone {
			return
		}
	}
	now := receiver.nowMs
	fate.set.goneMs = &now
}
