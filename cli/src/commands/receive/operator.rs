//! The operator's decisions, as flags: one for each field of a policy.

use ammeter_amp::receiver::{Policy, Setting, SettingValue};
use ammeter_core::Hash;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

/// What the flags say.
#[derive(Clone, Copy, Debug)]
pub struct Operator {
    pub policy: Policy,
}

const DEFAULT: Policy = Policy::new(Hash::Sha256);
/// The only flag without a value says the opposite of its field.
const INTERACTIVE: &str = "interactive";

impl FromArgMatches for Operator {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut operator = Self { policy: DEFAULT };
        operator.update_from_arg_matches(matches).map(|()| operator)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        for setting in Policy::SETTINGS {
            if let SettingValue::Flag(_) = setting.get(DEFAULT) {
                self.policy.spontaneous &= !matches.get_flag(INTERACTIVE);
            } else if let Some(given) = matches.get_one::<Policy>(setting.name) {
                setting.copy(*given, &mut self.policy);
            }
        }
        Ok(())
    }
}

impl Args for Operator {
    fn augment_args(command: Command) -> Command {
        let command = command.next_help_heading("Policy");
        Policy::SETTINGS.into_iter().fold(command, |command, setting| command.arg(flag(setting)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn flag(setting: Setting) -> Arg {
    match setting.get(DEFAULT) {
        SettingValue::Flag(_) => Arg::new(INTERACTIVE)
            .long(INTERACTIVE)
            .action(ArgAction::SetTrue)
            .help("Accept only payments for an open invoice"),
        value => {
            let unit = if setting.unit.is_empty() { "NAME" } else { setting.unit };
            Arg::new(setting.name)
                .long(setting.name.replace('_', "-"))
                .value_name(unit)
                .default_value(value.to_string())
                .value_parser(move |text: &str| {
                    let mut policy = DEFAULT;
                    setting.set(&mut policy, text).map(|()| policy)
                })
                .help(setting.about)
        }
    }
}
