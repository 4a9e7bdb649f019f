//! What every enum of named things has.

/// Gives an enum `ALL`, in the order of these rows, a name for each variant, and `Display`, which
/// is the name; with what the thing is called and a list of the names also `FromStr`.
macro_rules! named {
    (
        $(#[$doc:meta])* $Enum:ident { $($Variant:ident = $name:literal,)* }
        $($kind:literal, $known:literal)?
    ) => {
        impl $Enum {
            /// All of them.
            pub const ALL: [Self; [$(stringify!($Variant)),*].len()] = [$(Self::$Variant),*];

            $(#[$doc])*
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$Variant => $name,)*
                }
            }
        }

        impl core::fmt::Display for $Enum {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.name())
            }
        }

        $(impl core::str::FromStr for $Enum {
            type Err = ammeter_core::scheme::UnknownNameError;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                let unknown = Self::Err { kind: $kind, known: $known };
                Self::ALL.into_iter().find(|one| one.name() == name).ok_or(unknown)
            }
        })?
    };
}
