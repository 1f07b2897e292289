//! What seats, modes and task templates of a profile must say of each other.

use super::super::{Mode, Profile, Task};
use super::Reader;

impl Reader<'_> {
    pub(super) fn cross_standing(&mut self, profile: &Profile) {
        self.each_once("seat.id", profile.seats.iter().map(|s| &s.id));
        self.each_once("mode.id", profile.modes.iter().map(|m| &m.id));
        self.each_once("task.id", profile.tasks.iter().map(|t| &t.id));
        for seat in &profile.seats {
            for role in &seat.roles {
                self.known_role(profile, &seat.id, "seat.roles", role);
            }
        }
        for mode in &profile.modes {
            self.cross_mode(profile, mode);
        }
        let undeclared = profile.modes.iter().filter(|m| m.declare.is_empty()).count();
        let last = profile.modes.last().is_none_or(|m| m.declare.is_empty());
        if !profile.modes.is_empty() && (undeclared != 1 || !last) {
            let problem = format!("{undeclared} modes are declared by nobody");
            self.near("[[mode]]", "mode", problem, "exactly one, and that the last: what holds every day");
        }
        for task in &profile.tasks {
            self.cross_task(profile, task);
        }
    }

    fn cross_mode(&mut self, profile: &Profile, mode: &Mode) {
        for declares in &mode.declare {
            for role in &declares.roles {
                self.known_role(profile, &mode.id, "mode.declare.roles", role);
            }
        }
        if mode.declare.is_empty() != mode.longest.is_none() {
            let accepted = "`longest` in a mode that is declared, and only there";
            self.near(&mode.id, "mode.longest", "it goes with `declare`", accepted);
        }
        for seat in mode.seats.iter().filter(|s| profile.seat(s).is_none()) {
            let known: Vec<&str> = profile.seats.iter().map(|s| s.id.as_str()).collect();
            self.near(&mode.id, "mode.seats", format!("`{seat}` is no seat"), known.join(", "));
        }
    }

    fn cross_task(&mut self, profile: &Profile, task: &Task) {
        for role in &task.roles {
            self.known_role(profile, &task.id, "task.roles", role);
        }
        self.known_holder(profile, &task.id, "task.climb", &task.climb);
        for every in task.every.iter().filter(|e| profile.mode(&e.mode).is_none()) {
            let known: Vec<&str> = profile.modes.iter().map(|m| m.id.as_str()).collect();
            self.near(&task.id, "task.every.mode", format!("`{}` is no mode", every.mode), known.join(", "));
        }
        let mut limits = task.every.iter().map(|e| &e.within).chain([&task.rest]).chain(&task.retry);
        if limits.any(|limit| limit.in_a_week().is_none()) {
            let problem = "a cadence, `rest` or `retry` that does not come back";
            self.near(&task.id, "task.every", problem, "an amount of time above nothing");
        }
        if task.roles.is_empty() || task.every.is_empty() {
            let problem = "nobody can be given it, or it is never due";
            self.near(&task.id, "task", problem, "roles in `roles`, and modes in `every`");
        }
    }
}
