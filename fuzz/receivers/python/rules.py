"""The table of rules of docs/protocol.md: what follows from a policy and events."""

import hashlib

from onion import Part


def sha256(*pieces):
    return hashlib.sha256(b"".join(pieces)).digest()


class Set:
    def __init__(self, part, now_ms):
        self.first, self.terms, self.opened_ms, self.forget_ms = part, part.terms, now_ms, None
        self.phase, self.reason = "collecting", ""
        # All members, and those that are not gone, each with what claims it once all are settled.
        self.members, self.here = {}, {}


class Receiver:
    """Everything that follows from a policy and events."""

    def __init__(self, policy):
        self.policy, self.height, self.now_ms = policy, 0, 0
        # The latest expiry of the refused HTLCs that there was no room to remember.
        self.closed_until = 0
        self.invoices, self.sets, self.effects = {}, {}, []
        # HTLCs that are not gone: the set of each, or why it was refused.
        self.htlcs = {}

    def take(self, event):
        getattr(self, event["event"])(event)

    def say(self, key):
        fate = self.htlcs[key]
        if isinstance(fate, str) or fate.phase == "failed":
            effect, more = "fail", f',"reason":"{getattr(fate, "reason", fate)}"'
        elif fate.phase == "settled":
            effect, more = "settle", f',"preimage":"{fate.here[key].hex()}"'
        else:
            effect, more = "hold", ""
        name = f'"channel_id":"{key[0]}","htlc_id":"{key[1]}"'
        self.effects.append(f'{{"effect":"{effect}",{name}{more}}}')

    def htlc(self, event):
        key = int(event["channel_id"]), int(event["htlc_id"])
        if key in self.htlcs:
            return self.say(key)
        try:
            part = Part(event)
        except (ValueError, KeyError):
            part = None
        one = part and self.sets.get(part.set_id)
        hash, expiry = bytes.fromhex(event["payment_hash"]), int(event["expiry"])
        refusal = self.refusal(key, part, one, hash, int(event["amount_msat"]), expiry)
        self.htlcs[key] = refusal
        if refusal:
            self.say(key)
            refused = sum(isinstance(fate, str) for fate in self.htlcs.values())
            if refused > self.policy.get("refusals_max", 483 * 64):
                del self.htlcs[key]
                self.closed_until = max(self.closed_until, expiry)
            spoils = self.policy["deviation"] == "fail-set" and refusal == "deviates"
            if spoils or refusal == "amount-overflow":
                self.decide(one, "failed", refusal)
        else:
            self.htlcs[key] = one = one or self.sets.setdefault(part.set_id, Set(part, self.now_ms))
            one.members[key], one.here[key] = (part, hash, expiry), b""
            one.terms = one.terms or part.terms
            self.look_at(one, key)

    def refusal(self, key, part, one, hash, paid, expiry):
        """The first row of the table of rules that applies."""
        policy = self.policy
        members = [other for other, fate in self.htlcs.items() if not isinstance(fate, str)]
        if expiry <= self.closed_until:
            return "refusal-limit"
        if len(members) >= policy["htlcs_max"]:
            return "htlc-limit"
        if sum(channel == key[0] for channel, _ in members) >= policy["channel_htlcs_max"]:
            return "channel-limit"
        if part is None:
            return "unreadable"
        if part.is_zero:
            return "zero-id"
        if part.version in ("basic", "adaptive") and part.terms > policy["part_count_max"]:
            return "too-many-parts"
        if paid < part.amount or expiry < part.cltv:
            return "below-onion"
        if self.height + policy["expiry_margin_blocks"] >= expiry:
            return "expires-soon"
        if one:
            return self.misfit(part, one, hash)
        if not self.invoice_of(part) and (not policy["spontaneous"] or self.is_closed(part.name)):
            return "no-invoice"
        return "set-limit" if len(self.sets) >= policy["sets_max"] else None

    def misfit(self, part, one, hash):
        if one.phase != "collecting":
            return "set-" + one.phase
        held = [other for other, _, _ in one.members.values()]
        same = one.first.version == part.version and one.terms == part.terms
        if one.first.version == part.version == "adaptive":
            same = same or part.terms == 0 or one.terms == 0 and len(held) < part.terms
        if not same or self.policy["realms"] == "one" and one.first.realm != part.realm:
            return "deviates"
        if any(hash == other for _, other, _ in one.members.values()):
            return "duplicate-hash"
        n = one.terms if part.version in ("basic", "adaptive") else None
        most = n or self.policy["part_count_max"]
        weight = sum(other.weight for other in held) + part.weight
        if part.version not in ("tree", "lnd") and weight > most:
            return "too-many-parts"
        if sum(other.amount for other in held) + part.amount >= 1 << 64:
            return "amount-overflow"
        return "set-htlc-limit" if len(held) >= self.policy["set_htlcs_max"] else None

    def invoice_of(self, part):
        return next((name for name in self.invoices if name.startswith(part.name)), None)

    def is_closed(self, name):
        return any(
            one.phase == "settled" or one.reason in ("cancelled", "no-invoice")
            for one in self.sets.values()
            if one.first.name.startswith(name) or name.startswith(one.first.name))

    def look_at(self, one, key):
        """A newcomer has joined: is the set complete, and does it settle?"""
        parts = [part for part, _, _ in one.members.values()]
        version, count = one.first.version, len(parts)
        root, paid = 0, sum(part.amount for part in parts)
        for part in parts:
            root ^= int.from_bytes(part.share, "big")
        root = root.to_bytes(32, "big")
        complete = (
            sum(part.weight for part in parts) == one.terms if version == "basic" else
            count == one.terms if version == "adaptive" else
            sha256(root) == one.terms if version == "committed" else
            paid >= one.terms if version == "lnd" else
            True)
        children = one.terms if version == "basic" else count
        matches = complete and self.match(one, root, children)
        if not complete or version == "tree" and not matches:
            return self.say(key)
        invoice = self.invoice_of(one.first)
        due, reusable = self.invoices.get(invoice, (0, True))
        if not matches:
            return self.decide(one, "failed", "hash-mismatch")
        if not invoice and not self.policy["spontaneous"]:
            return self.decide(one, "failed", "no-invoice")
        if due and not due <= paid <= due * self.policy["overpayment_factor_max"]:
            return self.decide(one, "failed", "wrong-amount")
        self.decide(one, "settled")
        if not reusable:
            self.close(invoice, "no-invoice")

    def match(self, one, root, children):
        """Finds what claims each HTLC; whether there is something for all."""
        claims = {}
        if one.first.index is None:
            counted = (sha256(root, i.to_bytes(4, "big")) for i in range(1, children + 1))
            claims = {sha256(preimage): preimage for preimage in counted}
        for key, (part, hash, _) in one.members.items():
            if part.index is not None:
                share = part.share if part.version == "lnd" else b""
                preimage = sha256(root, share, part.index.to_bytes(4, "big"))
                claims = {sha256(preimage): preimage}
            one.here[key] = claims.get(hash)
        return None not in one.here.values()

    def decide(self, one, phase, reason=""):
        one.phase, one.reason = phase, reason
        for key in one.here:
            self.say(key)

    def close(self, name, reason):
        if self.invoices.pop(name, None):
            for one in self.sets.values():
                if one.phase == "collecting" and name.startswith(one.first.name):
                    self.decide(one, "failed", reason)

    def invoice(self, event):
        due = int(event["amount_msat"]), event.get("reusable", False)
        self.invoices[bytes.fromhex(event["name"])] = due

    def cancel(self, event):
        self.close(bytes.fromhex(event["name"]), "cancelled")

    def block(self, event):
        self.height = max(self.height, int(event["height"]))
        self.pass_deadlines()

    def clock(self, event):
        self.now_ms = max(self.now_ms, int(event["now_ms"]))
        self.pass_deadlines()

    def pass_deadlines(self):
        soon = self.height + self.policy["expiry_margin_blocks"]
        for set_id, one in list(self.sets.items()):
            if one.phase == "collecting":
                if self.now_ms >= one.opened_ms + self.policy["hold_ms"]:
                    self.decide(one, "failed", "held-too-long")
                elif soon >= min(expiry for _, _, expiry in one.members.values()):
                    self.decide(one, "failed", "expires-soon")
            elif one.forget_ms is not None and self.now_ms >= one.forget_ms:
                del self.sets[set_id]

    def resolved(self, event):
        key = int(event["channel_id"]), int(event["htlc_id"])
        one = self.htlcs.pop(key, None)
        if isinstance(one, Set):
            del one.here[key]
            if one.phase == "collecting":
                self.decide(one, "failed", "member-lost")
            if not one.here:
                one.forget_ms = self.now_ms + self.policy["retention_ms"]
