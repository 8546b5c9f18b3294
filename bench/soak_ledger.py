"""What the writers of soak.py were told, and so what must be in the database and with each subscriber."""
import threading


class Ledger:
    def __init__(self, writers):
        self.lock = threading.Lock()
        self.kept = {}  # acknowledged: {id: (writer, step)}
        self.unsure = {}  # what came of them nobody was told: {id: all it may be; None: not there}
        self.doubts = {}  # what befell those, and what they were to be
        self.doubted = set()  # (writer, step) of those, which may be told late
        # What subscribers are owed: what was acknowledged while no fault was on.
        self.steps_owed = [set() for _ in range(writers)]
        self.deletes_owed = set()

    def keep(self, name, value, owed):
        with self.lock:
            self.kept[name] = value
            if owed:
                self.steps_owed[value[0]].add(value[1])

    def remove(self, name, owed):
        with self.lock:
            self.kept.pop(name, None)
            self.unsure.pop(name, None)
            if owed:
                self.deletes_owed.add(name)

    def doubt(self, name, before, wanted, how):
        """It was to become `wanted` from one of `before`, and may have."""
        values = before | {wanted}
        with self.lock:
            self.doubts[name] = how, wanted
            self.kept.pop(name, None)
            self.unsure[name] = values
            self.doubted.update(value for value in values if value is not None)

    def unsure_of(self, writer):
        with self.lock:
            return [name for name, values in self.unsure.items() if any(value and value[0] == writer for value in values)]

    def lost(self, rows):
        """{id: what was acknowledged} of rows that are not as they were acknowledged, and the ids that nobody wrote."""
        lost = {name: value for name, value in self.kept.items() if rows.get(name) != value}
        lost.update({name: values for name, values in self.unsure.items() if rows.get(name) not in values})
        return lost, set(rows) - set(self.kept) - set(self.unsure)

    def settle(self, subscribers):
        """A text for each subscriber that was not told all it was owed; begins anew."""
        with self.lock:
            owed, deletes = self.steps_owed, self.deletes_owed
            self.steps_owed, self.deletes_owed = [set() for _ in owed], set()
        texts = []
        for number, one in enumerate(subscribers):
            for writer, steps in enumerate(owed):
                missed = {step for step in steps if step > one.steps[writer]} | steps & one.missing[writer]
                if missed:
                    texts.append(f"subscriber {number} was not told {len(missed)} of {len(steps)} writes of writer {writer}: {sorted(missed)[:5]}")
                one.missing[writer].clear()
            if missed := deletes - one.deleted:
                texts.append(f"subscriber {number} missed {len(missed)} deletes: {sorted(missed)[:3]}")
            one.deleted -= deletes
        return texts


class Subscriber:
    """What one was told: of each writer the last step, and those that were left out before it."""

    def __init__(self, ledger, writers):
        self.ledger = ledger
        self.steps, self.missing = [0] * writers, [set() for _ in range(writers)]
        self.deleted = set()

    def take(self, event):
        """None, or what is wrong with it."""
        record = event["record"]
        if event["action"] == "delete":
            self.deleted.add(record["id"])
            return None
        writer, step = record["writer"], record["step"]
        last = self.steps[writer]
        if step <= last:
            return None if (writer, step) in self.ledger.doubted else f"writer {writer}: step {step} was told after {last}"
        self.missing[writer].update(range(last + 1, step))
        self.steps[writer] = step
        return None
