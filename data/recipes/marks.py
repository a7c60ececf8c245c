"""Draw static/favicon.png and static/logo.svg: a trail that climbs over three posts, on a dark board.

Usage: python data/recipes/marks.py          (needs Pillow, which Streamlit brings)
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

STATIC = Path(__file__).resolve().parents[2] / "static"
SIZE = 128
FINER = 8  # drawn larger, then reduced: smooth edges
BOARD, TRAIL, POST, GOAL = "#0F2A52", "#60A5FA", "#FFFFFF", "#FBBF24"
CURVE = ((26, 100), (30, 58), (88, 96), (62, 52), (52, 34), (78, 26), (102, 30))  # two cubic Béziers
POSTS = ((26, 100), (64, 66))
END = (102, 30)


def main() -> None:
    draw_favicon(STATIC / "favicon.png")
    (STATIC / "logo.svg").write_text(svg(), "utf-8")


def draw_favicon(path: Path) -> None:
    image = Image.new("RGBA", (SIZE * FINER, SIZE * FINER), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, SIZE * FINER - 1, SIZE * FINER - 1), radius=28 * FINER, fill=BOARD)
    for point in [*bezier(CURVE[:4]), *bezier(CURVE[3:])]:
        disc(draw, point, 6, TRAIL)
    for post in POSTS:
        disc(draw, post, 11, POST)
    disc(draw, END, 14, GOAL)
    image.resize((SIZE, SIZE), Image.Resampling.LANCZOS).save(path, optimize=True)


def disc(draw: ImageDraw.ImageDraw, centre: tuple[float, float], radius: float, colour: str) -> None:
    x, y = centre[0] * FINER, centre[1] * FINER
    draw.ellipse((x - radius * FINER, y - radius * FINER, x + radius * FINER, y + radius * FINER), fill=colour)


def bezier(points: tuple[tuple[float, float], ...], steps: int = 600) -> list[tuple[float, float]]:
    def at(t: float, axis: int) -> float:
        a, b, c, d = (point[axis] for point in points)
        return (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d

    return [(at(i / steps, 0), at(i / steps, 1)) for i in range(steps + 1)]


def svg() -> str:
    start, *rest = (f"{x} {y}" for x, y in CURVE)
    posts = "".join(f'<circle cx="{x}" cy="{y}" r="11" fill="{POST}"/>' for x, y in POSTS)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}">'
        f'<rect width="{SIZE}" height="{SIZE}" rx="28" fill="{BOARD}"/>'
        f'<path d="M{start}C{" ".join(rest)}" fill="none" stroke="{TRAIL}" stroke-width="12" stroke-linecap="round"/>'
        f'{posts}<circle cx="{END[0]}" cy="{END[1]}" r="14" fill="{GOAL}"/></svg>\n'
    )


if __name__ == "__main__":
    main()
