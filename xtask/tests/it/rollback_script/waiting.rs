//! What the script waits for: for the controller before it changes anything, and for the pods afterwards.

use super::kubectl::ApiServer;
use super::model::{self, Model, Moment};
use super::{Cluster as _, Event, check, code, deployed, said};

/// The ReplicaSet of the template in force still has the number that it had before.
#[test]
fn a_change_that_the_controller_has_not_seen_is_waited_for() {
    let server = ApiServer::start(Model::new(3));
    server.all_happen(&[Event::Deploy(1, true)]);
    server.happen(&Event::Undo);
    check(&server, &[], 0, 1);
}

#[test]
fn it_waits_and_says_when_the_pods_do_not_get_ready() {
    let server = ApiServer::start(Model::new(0));
    server.all_happen(&[Event::Deploy(1, false), Event::Deploy(2, true)]);
    let output = server.run(&["--timeout", "1"]);
    assert_eq!(code(&output), 1, "{}", said(&output));
    assert!(
        said(&output).contains("and that is not ready"),
        "{}",
        said(&output)
    );
    assert!(
        said(&output).contains("1 of 1 pods are those of revision 4, 0 are ready"),
        "{}",
        said(&output)
    );
    // It is where it should be all the same, and stays there.
    assert_eq!(server.image(), model::image(1, false));
    assert_eq!(code(&server.run(&[])), 0);
}

/// Each moment lacks one thing, and is seen twice: a script that took it for the end would leave the second one unseen.
#[test]
fn it_waits_until_all_pods_and_no_others_are_those_of_the_revision() {
    const DONE: Moment = Moment {
        is_observed: true,
        all: 3,
        updated: 3,
        available: 3,
    };
    let unfinished = [
        Moment { updated: 2, ..DONE },
        Moment { all: 4, ..DONE },
        Moment { available: 2, ..DONE },
        Moment {
            is_observed: false,
            ..DONE
        },
    ];
    let server = deployed(&[1, 2]);
    server.happen(&Event::Scale(3));
    server.model.lock().expect("nobody panics").rollout =
        unfinished.into_iter().flat_map(|moment| [moment; 2]).collect();
    let told = check(&server, &[], 0, 1);
    assert_eq!(server.model.lock().expect("nobody panics").rollout, [], "{told}");
}

#[test]
fn a_change_by_somebody_else_during_the_wait_is_told_as_such() {
    let server = deployed(&[1, 2]);
    // Two reads and two images, the patch; then it looks.
    server.disturb(6, Event::Deploy(3, true));
    let told = check(&server, &[], 1, 3);
    assert!(
        told.contains("somebody has changed it again since") && !told.contains("that is not ready"),
        "{told}"
    );
}

#[test]
fn a_controller_that_never_catches_up_is_waited_for_until_the_time_out() {
    let server = ApiServer::start(Model::new(u32::MAX));
    server.happen(&Event::Deploy(1, true));
    let output = server.run(&["--timeout", "1"]);
    assert_eq!(code(&output), 1, "{}", said(&output));
    assert!(
        said(&output).contains("has not caught up within 1 s"),
        "{}",
        said(&output)
    );
}
