#!/usr/bin/env python3
"""Electrum's receiver of base multi-path payments under docs/protocol.md, without a network.

Debian's package `python3-electrum` decides: its reader of onions, `Peer.maybe_fulfill_htlc`, and the
accounting of `LNWallet` behind that. What is here stands for the rest of a node: channels that keep
their HTLCs, a clock, a chain, a wallet file, and the loop that asks for every HTLC that is not
resolved, until an answer changes nothing any more.

Electrum derives a payment secret from the preimage. An invoice's name stands for that secret: it is
translated as an HTLC arrives. A cancelled invoice is Electrum's own way to give a set up: its
resolution is set to expired.
"""

import io
import json
import os
import sys
import threading
from types import SimpleNamespace

try:
    from electrum import lnpeer, lnworker
    from electrum.logging import get_logger
    from electrum.lnonion import OnionHopsDataSingle, OnionRoutingFailure, ProcessedOnionPacket
    from electrum.lnutil import (
        RECEIVED, ShortChannelID, UpdateAddHtlc, derive_payment_secret_from_payment_preimage)
    from electrum.invoices import PR_UNPAID
    from electrum.version import ELECTRUM_VERSION
except ModuleNotFoundError as missing:
    sys.exit(f"python3-electrum is needed (apt-get install python3-electrum): {missing}")

# What Electrum has no name for, or fixes. Its margin is 144 blocks and compares with `>`.
PROFILE = {
    "versions": ["mpp"],
    "hashes": ["sha256"],
    "policy": {
        "deviation": "fail-set",
        "realms": "any",
        "spontaneous": False,
        "overpayment_factor_max": 2,
        "hold_ms": lnworker.LNWallet.MPP_EXPIRY * 1000,
        "expiry_margin_blocks": lnpeer.MIN_FINAL_CLTV_EXPIRY_ACCEPTED - 1,
        "retention_ms": 0,
        "sets_max": 1 << 20,
        "set_htlcs_max": 483,
        "channel_htlcs_max": 483,
        "htlcs_max": 1 << 20,
        "refusals_max": 1 << 20,
    },
    "rules": {"expiry": "on-arrival"},
}


class Node:
    """What a wallet file holds of channels, invoices and time, and Electrum's memory beside it."""

    def __init__(self, folder):
        self.place, self.done = os.path.join(folder, "wallet"), 0
        self.kept = {"htlcs": {}, "invoices": {}, "payments": {}, "height": 0, "now_ms": 0}
        if os.path.exists(self.place):
            with open(self.place) as file:
                self.kept = json.load(file)
        self.wallet = lnworker.LNWallet.__new__(lnworker.LNWallet)
        self.wallet.__dict__.update(
            received_mpp_htlcs={}, preimages={}, payment_info={}, stopping_soon=False, lock=threading.RLock(),
            logger=get_logger("adapter"),
            wallet=SimpleNamespace(save_db=lambda: None, get_request=lambda request_id: None))
        for payment_hash, (preimage, amount_msat, status) in self.kept["payments"].items():
            self.pay(payment_hash, preimage, amount_msat, status)
        self.peer = lnpeer.Peer.__new__(lnpeer.Peer)
        chain = SimpleNamespace(is_tip_stale=lambda: False, height=lambda: self.kept["height"])
        self.peer.__dict__.update(
            lnworker=self.wallet, network=SimpleNamespace(blockchain=lambda: chain), logger=self.wallet.logger)
        lnworker.time = SimpleNamespace(time=lambda: self.kept["now_ms"] / 1000)
        self.said = []

    def pay(self, payment_hash, preimage, amount_msat, status):
        """Electrum's own records of somebody who is asked to pay."""
        payment_hash = bytes.fromhex(payment_hash)
        self.wallet.save_preimage(payment_hash, bytes.fromhex(preimage))
        self.wallet.save_payment_info(lnworker.PaymentInfo(payment_hash, amount_msat, RECEIVED, status))

    def save(self):
        for payment_hash, entry in self.kept["payments"].items():
            entry[2] = self.wallet.get_payment_status(bytes.fromhex(payment_hash))
        with open(self.place + ".new", "w") as file:
            json.dump(self.kept, file)
            file.flush()
            os.fsync(file.fileno())
        os.rename(self.place + ".new", self.place)

    def take(self, event):
        asked = getattr(self, "on_" + event["event"], lambda event: None)(event)
        while self.step():
            pass
        if asked is not None and asked not in [key for key, _ in self.said]:
            self.said.append((asked, self.kept["htlcs"][asked]["verdict"] or {"effect": "hold"}))

    def step(self):
        """One round of the loop; whether anything changed."""
        changed = False
        for key, htlc in self.kept["htlcs"].items():
            if htlc["verdict"] is None:
                htlc["verdict"] = self.verdict(key, htlc)
                if htlc["verdict"] is not None:
                    self.said.append((key, htlc["verdict"]))
                    changed = True
        return changed

    def verdict(self, key, htlc):
        channel_id, htlc_id = map(int, key.split("/"))
        failed = {"effect": "fail", "reason": "no payload"}
        try:
            payload = io.BytesIO(bytes.fromhex(htlc["payload"]))
            hop = OnionHopsDataSingle.from_fd(payload)
            # Whoever peels an onion decides by this whether to forward it.
            if hop.hmac != bytes(32) or payload.read():
                return {**failed, "reason": "not the last hop"}
        except Exception as error:
            return {**failed, "reason": repr(error)[:200]}
        data = hop.payload.get("payment_data")
        if data is not None:
            data["payment_secret"] = bytes.fromhex(htlc["secrets"].get(
                data["payment_secret"].hex(), data["payment_secret"].hex()))
        update = UpdateAddHtlc(
            amount_msat=htlc["amount_msat"], payment_hash=bytes.fromhex(htlc["payment_hash"]),
            cltv_expiry=htlc["expiry"], timestamp=htlc["since_ms"] / 1000, htlc_id=htlc_id)
        try:
            preimage, _ = self.peer.maybe_fulfill_htlc(
                chan=SimpleNamespace(short_channel_id=ShortChannelID(channel_id.to_bytes(8, "big"))),
                htlc=update, processed_onion=ProcessedOnionPacket(True, hop, None, None))
        except OnionRoutingFailure as failure:
            return {**failed, "reason": failure.code_name()}
        return preimage and {"effect": "settle", "preimage": preimage.hex()}

    def on_htlc(self, event):
        key = f"{event['channel_id']}/{event['htlc_id']}"
        secrets = {
            name: derive_payment_secret_from_payment_preimage(bytes.fromhex(preimage)).hex()
            for name, (_, preimage) in self.kept["invoices"].items()}
        self.kept["htlcs"].setdefault(key, {
            "payment_hash": event["payment_hash"], "amount_msat": int(event["amount_msat"]),
            "expiry": int(event["expiry"]), "payload": event.get("payload", ""), "secrets": secrets,
            "since_ms": self.kept["now_ms"], "verdict": None})
        return key

    def on_block(self, event):
        self.kept["height"] = max(self.kept["height"], int(event["height"]))

    def on_clock(self, event):
        self.kept["now_ms"] = max(self.kept["now_ms"], int(event["now_ms"]))

    def on_invoice(self, event):
        known = self.kept["invoices"].get(event["name"])
        preimage = known[1] if known else event.get("preimage")
        if preimage is None:
            return
        payment_hash = lnworker.sha256(bytes.fromhex(preimage)).hex()
        amount_msat = int(event["amount_msat"]) or None
        status = self.wallet.get_payment_status(bytes.fromhex(payment_hash)) if known else PR_UNPAID
        self.kept["invoices"][event["name"]] = [payment_hash, preimage]
        self.kept["payments"][payment_hash] = [preimage, amount_msat, status]
        self.pay(payment_hash, preimage, amount_msat, status)

    def on_cancel(self, event):
        payment_hash, preimage = self.kept["invoices"].pop(event["name"], (None, None))
        if payment_hash is None:
            return
        self.kept["payments"].pop(payment_hash)
        self.wallet.payment_info.pop(payment_hash)
        payment_key = bytes.fromhex(payment_hash) + derive_payment_secret_from_payment_preimage(
            bytes.fromhex(preimage))
        if payment_key in self.wallet.received_mpp_htlcs:
            self.wallet.set_mpp_resolution(
                payment_key=payment_key, resolution=lnworker.RecvMPPResolution.EXPIRED)

    def on_resolved(self, event):
        self.kept["htlcs"].pop(f"{event['channel_id']}/{event['htlc_id']}", None)

    def answer(self):
        """Makes everything durable, then says it."""
        self.save()
        for key, verdict in self.said:
            channel_id, htlc_id = key.split("/")
            print(json.dumps({**verdict, "channel_id": channel_id, "htlc_id": htlc_id}))
        self.said = []
        print(json.dumps({"done": self.done}), flush=True)


def main():
    hello = {"protocol": 2, "name": "electrum", "version": ELECTRUM_VERSION}
    print(json.dumps({"hello": {**hello, "profile": PROFILE}}), flush=True)
    node = None
    for line in filter(str.strip, sys.stdin):
        event = json.loads(line)
        if event["event"] == "open":
            node = Node(event["state"])
        else:
            node.done += 1
            node.take(event)
        node.answer()


if __name__ == "__main__":
    main()
