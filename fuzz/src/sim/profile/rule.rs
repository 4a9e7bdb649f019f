//! Rules of the table that receivers break on purpose, each with what the model does instead.

macro_rules! rules {
    ($($variant:ident = $name:literal : $value:literal, $story:literal;)*) => {
        /// A rule of the table that a receiver replaces by another.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Rule {
            $(#[doc = $story] $variant,)*
        }

        impl Rule {
            /// All.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// What the rule is about.
            #[must_use]
            pub const fn name(self) -> &'static str {
                self.row()[0]
            }

            /// The rule instead of the table's.
            #[must_use]
            pub const fn value(self) -> &'static str {
                self.row()[1]
            }

            /// What it does, in a line.
            #[must_use]
            pub const fn story(self) -> &'static str {
                self.row()[2]
            }

            const fn row(self) -> [&'static str; 3] {
                match self {
                    $(Self::$variant => [$name, $value, $story],)*
                }
            }
        }
    };
}

rules! {
    WireAmounts = "sum": "wire",
        "what counts toward a total, an invoice and an overflow is what the wire pays";
    DeadlineOfEach = "deadline": "each-htlc",
        "each HTLC of a set that is too late is held until its own hold time is over, and nothing joins";
    ExpiryOnArrival = "expiry": "on-arrival",
        "blocks fail nothing that is held: expiries are looked at when an HTLC comes";
    AnyOverpayment = "overpayment": "any",
        "a set may pay any multiple of its invoice";
    InvoicesReusable = "invoices": "reusable",
        "every invoice stays open, whatever it says";
    GiftsOpenInvoices = "gifts": "invoice",
        "lnd: the first well-made HTLC under an unknown name opens a reusable invoice of its total, \
         which nobody can cancel";
    TotalBelowDue = "total_below_due": "refused",
        "lnd, mpp: an HTLC with a total below its invoice's amount, or of 0, fails on arrival";
    DuplicateHashJoins = "duplicate_hash": "member",
        "an HTLC with a hash that its set holds joins the set, which then cannot match";
    SetIdsGlobal = "set_ids": "global",
        "lnd: a set id that was held under one name is refused under another";
    ZeroSecretRefused = "zero_secret": "refused",
        "lnd: a payment secret of zeros is refused";
    RefusalsForgotten = "refusals": "forgotten",
        "an HTLC that was refused on arrival is judged anew whenever it is shown";
    LostMemberIgnored = "member_lost": "ignored",
        "an HTLC that is gone while its set collects stays a member";
    RetentionForEver = "retention": "forever",
        "decided sets are never forgotten";
    InvoiceAgainIgnored = "invoice_again": "ignored",
        "an invoice of a name that is open, or was cancelled, changes nothing";
    AmountsOfSupply = "amount_max": "supply",
        "an HTLC above 21 million bitcoin is refused";
}

/// Rules that are replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules(u32);

const _: () = assert!(Rule::ALL.len() <= u32::BITS as usize);

impl Rules {
    /// Whether a rule is replaced.
    #[must_use]
    pub const fn has(self, rule: Rule) -> bool {
        self.0 & 1 << rule as u8 != 0
    }

    /// Replaces a rule.
    pub const fn add(&mut self, rule: Rule) {
        self.0 |= 1 << rule as u8;
    }

    /// Those that are replaced.
    pub fn iter(self) -> impl Iterator<Item = Rule> {
        Rule::ALL.iter().copied().filter(move |rule| self.has(*rule))
    }
}
