//go:build lnd_0_18_2

package main

import (
	"github.com/lightningnetwork/lnd/htlcswitch/hop"
	"github.com/lightningnetwork/lnd/invoices"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/lnwire"
)

func notify(registry *invoices.InvoiceRegistry, hash lntypes.Hash, amount lnwire.MilliSatoshi,
	expiry uint32, height int32, key invoices.CircuitKey, resolutions chan<- any,
	payload *hop.Payload) (invoices.HtlcResolution, error) {

	return registry.NotifyExitHopHtlc(hash, amount, expiry, height, key, resolutions, payload)
}

// intercept does nothing: this version has no interceptor.
func intercept(*invoices.RegistryConfig) {}
