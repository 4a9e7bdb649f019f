package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing/synctest"
	"time"

	"github.com/lightningnetwork/lnd/chainntnfs"
	"github.com/lightningnetwork/lnd/clock"
	"github.com/lightningnetwork/lnd/htlcswitch/hop"
	"github.com/lightningnetwork/lnd/invoices"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/lnwire"
	"github.com/lightningnetwork/lnd/tlv"
)

// supply is all bitcoin there can be, in millisatoshi: no channel carries an HTLC above it.
const supply = 21_000_000 * 100_000_000 * 1_000

// receiver is lnd's invoice registry with the little of a node around it that it needs.
type receiver struct {
	registry *invoices.InvoiceRegistry
	closeDB  func() error
	clock    *clock.TestClock
	notifier *notifier
	// world is a file with the time and the height, neither of which goes back.
	world  string
	nowMs  uint64
	height uint64
	// margin is FinalCltvRejectDelta: lnd refuses what expires before height + margin.
	margin int32
	// resolutions of HTLCs that were held.
	resolutions chan any
	// gone are HTLCs whose channel does not listen any more.
	gone map[invoices.CircuitKey]bool
}

// notifier tells the registry of blocks.
type notifier struct {
	chainntnfs.ChainNotifier
	blocks chan *chainntnfs.BlockEpoch
}

func (n *notifier) RegisterBlockEpochNtfn(*chainntnfs.BlockEpoch) (
	*chainntnfs.BlockEpochEvent, error) {

	return &chainntnfs.BlockEpochEvent{Epochs: n.blocks, Cancel: func() {}}, nil
}

// open starts a registry on the state in a folder; an empty folder is a new node.
func open(databases *store, folder string, policy policy) (*receiver, error) {
	r := &receiver{
		notifier:    &notifier{blocks: make(chan *chainntnfs.BlockEpoch)},
		world:       filepath.Join(folder, "world"),
		margin:      int32(policy.ExpiryMarginBlocks) + 1,
		resolutions: make(chan any, 1<<12),
		gone:        map[invoices.CircuitKey]bool{},
	}
	if text, err := os.ReadFile(r.world); err == nil {
		if _, err := fmt.Sscan(string(text), &r.nowMs, &r.height); err != nil {
			return nil, fmt.Errorf("%s: %w", r.world, err)
		}
	}
	r.clock = clock.NewTestClock(r.now())
	db, closeDB, err := databases.in(folder, r.clock)
	if err != nil {
		return nil, err
	}
	r.closeDB = closeDB
	config := &invoices.RegistryConfig{
		FinalCltvRejectDelta: r.margin,
		HtlcHoldDuration:     time.Duration(policy.HoldMs) * time.Millisecond,
		Clock:                r.clock,
		AcceptAMP:            policy.Spontaneous,
	}
	intercept(config)
	watcher := invoices.NewInvoiceExpiryWatcher(
		r.clock, uint32(r.margin), uint32(r.height), nil, r.notifier,
	)
	r.registry = invoices.NewRegistry(db, watcher, config)
	if err := r.registry.Start(); err != nil {
		return nil, err
	}
	synctest.Wait()
	return r, nil
}

func (r *receiver) close() {
	if r != nil {
		_ = r.registry.Stop()
		_ = r.closeDB()
	}
}

func (r *receiver) now() time.Time { return time.UnixMilli(int64(r.nowMs)) }

// take gives one event to the registry and returns what it has said when it has come to rest.
func (r *receiver) take(event *event) ([]effect, error) {
	var effects []effect
	var err error
	switch event.Event {
	case "htlc":
		effects, err = r.htlc(event)
	case "block":
		err = r.block(uint64(event.Height))
	case "clock":
		err = r.tick(uint64(event.NowMs))
	case "invoice":
		err = r.invoice(event)
	case "cancel":
		err = r.cancel(event)
	case "resolved":
		// The link is told by the channel; nobody tells the registry.
		r.gone[circuit(event)] = true
	default:
		err = fmt.Errorf("unknown event %q", event.Event)
	}
	if err != nil {
		return nil, err
	}
	synctest.Wait()
	return append(effects, r.released()...), nil
}

// released are resolutions of HTLCs that were held, in the order of their keys: lnd's own order is
// that of a map.
func (r *receiver) released() []effect {
	var effects []effect
	for len(r.resolutions) > 0 {
		resolution := (<-r.resolutions).(invoices.HtlcResolution)
		if !r.gone[resolution.CircuitKey()] {
			effects = append(effects, said(resolution))
		}
	}
	slices.SortStableFunc(effects, func(a, b effect) int {
		return strings.Compare(a.ChannelID+"/"+a.HtlcID, b.ChannelID+"/"+b.HtlcID)
	})
	return effects
}

// htlc does what lnd's link does with an HTLC whose last hop it is.
func (r *receiver) htlc(event *event) ([]effect, error) {
	key := circuit(event)
	payload, refused := r.parse(event)
	if refused != nil {
		return []effect{fails(key, refused.Error())}, nil
	}
	hash, err := lntypes.MakeHashFromStr(event.PaymentHash)
	if err != nil {
		return nil, err
	}
	delete(r.gone, key)
	resolution, err := notify(
		r.registry, hash, lnwire.MilliSatoshi(event.AmountMsat), uint32(event.Expiry),
		int32(r.height), key, r.resolutions, payload,
	)
	switch {
	case err != nil:
		// The link goes down, and again whenever the HTLC is shown again.
		return nil, fmt.Errorf("NotifyExitHopHtlc: %w", err)
	case resolution == nil:
		return []effect{about("hold", key)}, nil
	default:
		return []effect{said(resolution)}, nil
	}
}

// parse reads a payload and checks it against the HTLC, as the link does before it asks the registry.
func (r *receiver) parse(event *event) (*hop.Payload, error) {
	raw, err := hex.DecodeString(event.Payload)
	if err != nil {
		return nil, err
	}
	stream, err := unframe(raw)
	if err != nil {
		return nil, err
	}
	payload, types, err := hop.ParseTLVPayload(bytes.NewReader(stream))
	if err != nil {
		return nil, err
	}
	if err := hop.ValidateTLVPayload(types, true, false); err != nil {
		return nil, err
	}
	amount, cltv := forwarding(payload)
	switch {
	case event.AmountMsat > supply:
		return nil, errors.New("no channel carries that much")
	case lnwire.MilliSatoshi(event.AmountMsat) < amount:
		return nil, errors.New("final incorrect HTLC amount")
	case uint32(event.Expiry) < cltv:
		return nil, errors.New("final incorrect CLTV expiry")
	}
	return payload, nil
}

// unframe takes the length before a TLV stream and the HMAC behind it away, which the onion's layer
// does in lnd. An HMAC of zeros says that this is the last hop.
func unframe(raw []byte) ([]byte, error) {
	reader := bytes.NewReader(raw)
	length, err := tlv.ReadVarInt(reader, new([8]byte))
	if err != nil {
		return nil, err
	}
	rest := raw[len(raw)-reader.Len():]
	if length > uint64(len(rest)) || uint64(len(rest))-length != sha256.Size {
		return nil, errors.New("length of the payload")
	}
	if !bytes.Equal(rest[length:], make([]byte, sha256.Size)) {
		return nil, errors.New("not the last hop")
	}
	return rest[:length], nil
}

func (r *receiver) block(height uint64) error {
	r.height = max(r.height, height)
	r.notifier.blocks <- &chainntnfs.BlockEpoch{Height: int32(r.height)}
	return r.remember()
}

func (r *receiver) tick(nowMs uint64) error {
	r.nowMs = max(r.nowMs, nowMs)
	r.clock.SetTime(r.now())
	return r.remember()
}

func (r *receiver) remember() error {
	return replace(r.world, fmt.Appendln(nil, r.nowMs, r.height))
}

// invoice adds an AMP invoice. Its name is its payment address; its hash means nothing.
func (r *receiver) invoice(event *event) error {
	name, err := lntypes.MakeHashFromStr(event.Name)
	if err != nil {
		return err
	}
	features := lnwire.NewRawFeatureVector(
		lnwire.TLVOnionPayloadRequired, lnwire.PaymentAddrOptional, lnwire.AMPRequired,
	)
	invoice := &invoices.Invoice{
		CreationDate: r.now(),
		// Nobody reads it, but no two may be the same.
		PaymentRequest: []byte("lnbc" + event.Name),
		Terms: invoices.ContractTerm{
			FinalCltvDelta: r.margin,
			// Ammeter's invoices are open until they are cancelled.
			Expiry:      math.MaxInt32 * time.Second,
			Value:       lnwire.MilliSatoshi(event.AmountMsat),
			PaymentAddr: name,
			Features:    lnwire.NewFeatureVector(features, lnwire.Features),
		},
	}
	_, err = r.registry.AddInvoice(context.Background(), invoice, hashOf(name))
	return tolerate(event, err)
}

func (r *receiver) cancel(event *event) error {
	name, err := lntypes.MakeHashFromStr(event.Name)
	if err != nil {
		return err
	}
	return tolerate(event, r.registry.CancelInvoice(context.Background(), hashOf(name)))
}

// tolerate prints what the operator of an lnd would be told. The node goes on.
func tolerate(event *event, err error) error {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s %s: %v\n", event.Event, event.Name, err)
	}
	return nil
}

func hashOf(name lntypes.Hash) lntypes.Hash { return sha256.Sum256(name[:]) }

func circuit(event *event) invoices.CircuitKey {
	channel := lnwire.NewShortChanIDFromInt(uint64(event.ChannelID))
	return invoices.CircuitKey{ChanID: channel, HtlcID: uint64(event.HtlcID)}
}

func said(resolution invoices.HtlcResolution) effect {
	key := resolution.CircuitKey()
	switch resolution := resolution.(type) {
	case *invoices.HtlcSettleResolution:
		settles := about("settle", key)
		settles.Preimage = resolution.Preimage.String()
		return settles
	case *invoices.HtlcFailResolution:
		return fails(key, resolution.Outcome.String())
	default:
		panic(fmt.Sprintf("unknown resolution %T", resolution))
	}
}

func fails(key invoices.CircuitKey, reason string) effect {
	fails := about("fail", key)
	fails.Reason = reason
	return fails
}

func about(what string, key invoices.CircuitKey) effect {
	return effect{
		Effect:    what,
		ChannelID: strconv.FormatUint(key.ChanID.ToUint64(), 10),
		HtlcID:    strconv.FormatUint(key.HtlcID, 10),
	}
}
