"""The shortest way to bring a terminal's cursor to a cell."""


def cheapest_move(
    from_x: int | None, from_y: int, x: int, y: int, columns: int, *, column_moves: bool = False
) -> str:
    """The shortest sequence that moves the cursor to column x of line y (both from 0).

    from_x: where the cursor is: None if not known; == columns after writing the last column, where only a
    carriage return means the same on all terminals. column_moves: CSI n G may be used. A line feed is taken
    to move straight down, so the line must be set not to translate it (OPOST off).
    """
    absolute = "\x1b[H" if x == y == 0 else f"\x1b[{y + 1}H" if x == 0 else f"\x1b[{y + 1};{x + 1}H"
    if from_x is None:
        return absolute
    if from_y == y:
        down = ""
    elif y > from_y:
        down = "\n" * (y - from_y) if y - from_y < 4 else f"\x1b[{y - from_y}B"
    else:
        down = "\x1b[A" if from_y - y == 1 else f"\x1b[{from_y - y}A"
    ways = [absolute, "\r" + down + _forward(x)]
    if from_x < columns:
        ways.append(down + (_forward(x - from_x) if x >= from_x else _back(from_x - x)))
        if column_moves:
            ways.append(f"{down}\x1b[{x + 1}G")
    return min(ways, key=len)


def _forward(count: int) -> str:
    return "" if count == 0 else "\x1b[C" if count == 1 else f"\x1b[{count}C"


def _back(count: int) -> str:
    return "\b" * count if count < 4 else f"\x1b[{count}D"
