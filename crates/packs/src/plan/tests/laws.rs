//! What holds for every sequence of offers.

use super::*;
use proptest::prelude::*;
use std::sync::LazyLock;

/// Two keys, since making them takes time.
static SECRETS: LazyLock<[SecretKey; 2]> = LazyLock::new(|| [(); 2].map(|()| SecretKey::generate().unwrap()));

/// Packs of two names in three versions.
static PACKS: LazyLock<Vec<Pack>> = LazyLock::new(|| {
    let versions = ["1.0.0", "1.1.0-rc.1", "2.0.0"];
    let names = ["p", "q"];
    names
        .iter()
        .flat_map(|name| versions.map(|version| pack(name, version)))
        .collect()
});

/// One thing that somebody asks for.
#[derive(Clone, Debug)]
struct Step {
    pack: usize,
    is_update: bool,
    is_written_out: bool,
    trust: bool,
    host: Option<&'static str>,
    signer: Option<usize>,
    keys: Vec<usize>,
}

prop_compose! {
    fn steps()(
        pack in 0_usize..6,
        (is_update, is_written_out, trust) in any::<(bool, bool, bool)>(),
        host in prop::sample::select(vec![None, Some("a.example"), Some("b.example")]),
        signer in prop::option::of(0_usize..2),
        keys in prop::sample::select(vec![vec![], vec![], vec![0], vec![0, 1]]),
    ) -> Step {
        Step { pack, is_update, is_written_out, trust, host, signer, keys }
    }
}

impl Step {
    fn trusted_keys(&self) -> TrustedKeys {
        keys_of(&self.keys.iter().map(|n| &SECRETS[*n]).collect::<Vec<_>>())
    }

    fn decide(&self, installed: &Installed, millis: i64) -> Result<Plan, Refusal> {
        let pack = &PACKS[self.pack];
        let manifest = &pack.content.manifest;
        let request = match (self.is_update, self.is_written_out) {
            (true, _) => Request::Update(manifest.name.to_string()),
            (false, true) => written(&manifest.name, &manifest.version.to_string(), self.trust),
            (false, false) => install(self.trust),
        };
        let signature = self.signer.map(|n| pack.sign(&SECRETS[n]));
        let origin = self.host.map_or(Origin::Hand, url);
        let offer = pack.offer(request, origin, signature.as_deref());
        decide(
            &offer,
            installed,
            &self.trusted_keys(),
            Timestamp::from_millis(millis),
        )
    }
}

/// What is installed after these steps, refused ones passed over.
fn after(steps: &[Step]) -> Installed {
    let mut installed = Installed::new();
    for step in steps {
        if let Ok(plan) = step.decide(&installed, 1) {
            plan.apply(&mut installed);
        }
    }
    installed
}

proptest! {
    /// Feature: asset-injector, Property: an offer that is taken twice changes nothing the second time
    #[test]
    fn twice_is_once(before in prop::collection::vec(steps(), 0..5), step in steps()) {
        let mut installed = after(&before);
        if let Ok(plan) = step.decide(&installed, 1) {
            plan.apply(&mut installed);
            let once = installed.clone();
            plan.apply(&mut installed);
            prop_assert_eq!(&installed, &once);
            // The same offer, later: a plan that changes nothing.
            let again = step.decide(&installed, 2).unwrap();
            prop_assert!(!again.changed);
        }
    }

    /// Feature: asset-injector, Property: a pack that is installed and removed leaves things as they were
    #[test]
    fn installing_and_removing_is_nothing(before in prop::collection::vec(steps(), 0..5), step in steps()) {
        let mut installed = after(&before);
        let name = PACKS[step.pack].content.manifest.name.to_string();
        if let Ok(plan) = uninstall(&name, &installed) {
            plan.apply(&mut installed);
        }
        let start = installed.clone();
        if let Ok(plan) = step.decide(&installed, 1) {
            plan.apply(&mut installed);
            uninstall(&name, &installed).unwrap().apply(&mut installed);
        }
        prop_assert_eq!(installed, start);
    }

    /// Feature: asset-injector, Property: an update lowers no version and raises no trust
    #[test]
    fn updates_only_go_up_and_win_no_trust(before in prop::collection::vec(steps(), 1..5), step in steps()) {
        let installed = after(&before);
        let update = Step { is_update: true, ..step };
        let name = PACKS[update.pack].content.manifest.name.to_string();
        if let Ok(plan) = update.decide(&installed, 2) {
            let (old, new) = (&installed[&name], plan.pack.unwrap());
            prop_assert!(new.version() >= old.version());
            prop_assert!(old.is_trusted() || !new.is_trusted());
            let keys = update.trusted_keys();
            prop_assert!(is_trusted(old, &keys) || !is_trusted(&new, &keys));
            let key = |pack: &InstalledPack| pack.source.as_ref().and_then(|source| source.key.clone());
            prop_assert!(key(old).is_none() || key(old) == key(&new));
        }
    }

    /// Feature: asset-injector, Property: with keys set, what comes over the network unsigned is never installed
    #[test]
    fn nothing_unsigned_gets_in(before in prop::collection::vec(steps(), 0..4), step in steps()) {
        let step = Step { keys: vec![0], host: Some("a.example"), signer: step.signer.filter(|n| *n == 1), ..step };
        prop_assert!(step.decide(&after(&before), 2).is_err());
    }
}
