"""What is wanted of which row, and whether it is reached."""

from dataclasses import dataclass

# By how much a goal may be missed before the run fails: machines are noisy.
TOLERANCE = 0.1


@dataclass(frozen=True)
class Goal:
    """`figure` is "ratio" (ours to theirs) or "fairlead" (ours, in the row's unit)."""

    figure: str
    bound: float
    is_least: bool = False

    def text(self, row):
        word = "at least" if self.is_least else "at most"
        return f"{word} {self.bound:g} " + (f"x {row['peer']}" if self.figure == "ratio" else row["unit"])

    def shortfall(self, row):
        """By which part of itself the goal is missed; nothing or less where it is reached, None without a figure."""
        value = row[self.figure]
        if value is None:
            return None
        if self.is_least:
            return self.bound / value - 1 if value > 0 else float("inf")
        return value / self.bound - 1


AT_MOST = {
    ("download", "aes128-gcm"): Goal("ratio", 0.60),
    ("download", "chacha20-poly1305"): Goal("ratio", 0.50),
    ("download", "aes256-ctr, sha2-256-etm"): Goal("ratio", 0.70),
    ("upload", "aes128-gcm"): Goal("ratio", 0.60),
    ("trips", "known host"): Goal("fairlead", 5),
    ("trips", "new host (accept-new)"): Goal("fairlead", 6),
    ("login", "curve25519, CPU"): Goal("fairlead", 15),
    ("login", "mlkem768, CPU"): Goal("fairlead", 15),
    ("login", "sntrup761, CPU"): Goal("fairlead", 25),
    ("passphrase", "bcrypt-pbkdf, 16 rounds"): Goal("ratio", 1.5),
    ("passphrase", "bcrypt-pbkdf, 64 rounds"): Goal("ratio", 1.5),
    ("passphrase", "bcrypt-pbkdf, 128 rounds"): Goal("ratio", 1.5),
    ("far", "256 MiB"): Goal("ratio", 8, is_least=True),
    ("memory", "login"): Goal("ratio", 2),
    ("memory", "1024 MiB download"): Goal("ratio", 2),
    ("memory", "1024 MiB less 1 MiB"): Goal("fairlead", 4),
    ("memory", "1024 MiB less login"): Goal("fairlead", 4),
    ("many", "200 logins, CPU"): Goal("ratio", 0.3),
    ("many", "200 logins, memory"): Goal("ratio", 0.1),
}


def judge(row):
    """Adds to the row its goal in words, and by how much it is missed: None where the row has none."""
    goal = AT_MOST.get((row["key"], row["name"]))
    row["goal"] = goal and goal.text(row)
    row["shortfall"] = goal and goal.shortfall(row)


def verdicts(rows):
    """(a line for each goal that was measured, whether none is missed by more than the tolerance)."""
    lines, is_passed = [], True
    for row in rows:
        if row["shortfall"] is None:
            continue
        word = "reached"
        if row["shortfall"] > 0:
            word = f"missed by {row['shortfall']:.0%}"
            if row["shortfall"] > TOLERANCE:
                is_passed = False
                word = word.upper()
        figure = row[AT_MOST[row["key"], row["name"]].figure]
        lines.append(f"{row['key'] + ', ' + row['name']:44}{figure:>9.2f}  {row['goal']:24}{word}")
    return lines, is_passed
