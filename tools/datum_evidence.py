#!/usr/bin/env python3
"""Says which datum the published district polygons of Chengdu are in, as far as a river can tell.

The border between 武侯区 and its northern neighbours follows the river 锦江 (南河). OpenStreetMap's streets
along both banks (WGS84) bound the river. The border is moved by every shift on a raster; the shift at which
it lies best between the banks is set beside the shift that each datum would need. The polygons' vertices lie
on a lattice of 1/1024 degree (about 100 m), so the answer is good to a part of that, and no better.
Usage: HUYING_DATA=... tools/datum_evidence.py
"""

import csv
import json
import math
import os
import pathlib

DATA = pathlib.Path(os.environ["HUYING_DATA"]) / "chengdu"
SOUTH = ("临江西路", "临江路", "临江中路", "临江东路")
NORTH = ("滨江西路", "滨江中路", "滨江东路", "锦里东路")
# Metres of a degree at this latitude.
EAST, UP = 95_700.0, 111_200.0


def gcj02(lon, lat):
    """WGS84 to GCJ-02 by the published formula (Krasovsky 1940)."""
    a, ee = 6378245.0, 0.00669342162296594323
    x, y = lon - 105.0, lat - 35.0
    wave = lambda t, k: math.sin(k * t * math.pi)  # noqa: E731
    common = (20 * wave(x, 6) + 20 * wave(x, 2)) * 2 / 3
    dlat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + common
    dlat += (20 * wave(y, 1) + 40 * wave(y, 1 / 3)) * 2 / 3
    dlat += (160 * wave(y, 1 / 12) + 320 * wave(y, 1 / 30)) * 2 / 3
    dlon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + common
    dlon += (20 * wave(x, 1) + 40 * wave(x, 1 / 3)) * 2 / 3
    dlon += (150 * wave(x, 1 / 12) + 300 * wave(x, 1 / 30)) * 2 / 3
    rad = lat / 180 * math.pi
    magic = 1 - ee * math.sin(rad) ** 2
    dlat = dlat * 180 / (a * (1 - ee) / (magic * math.sqrt(magic)) * math.pi)
    dlon = dlon * 180 / (a / math.sqrt(magic) * math.cos(rad) * math.pi)
    return lon + dlon, lat + dlat


def banks():
    """Points every few metres along the streets of each bank."""
    nodes = {r["id"]: (float(r["lon"]), float(r["lat"])) for r in rows("osm_nodes.csv")}
    found = {"south": [], "north": []}
    for edge in rows("osm_edges.csv"):
        for bank, names in (("south", SOUTH), ("north", NORTH)):
            if edge["name"] in names:
                (ax, ay), (bx, by) = nodes[edge["from"]], nodes[edge["to"]]
                found[bank] += [(ax + (bx - ax) * i / 20, ay + (by - ay) * i / 20) for i in range(21)]
    return found


def rows(name):
    with open(DATA / name, encoding="utf-8") as file:
        return list(csv.DictReader(file))


def flat(coordinates):
    """Every point of nested lists."""
    if isinstance(coordinates[0], (int, float)):
        return {tuple(coordinates)}
    return set().union(*map(flat, coordinates))


def border():
    """Vertices that 武侯区 shares with 锦江区 or 青羊区."""
    with open(DATA / "districts.geojson", encoding="utf-8") as file:
        features = json.load(file)["features"]
    rings = {f["properties"]["name"]: f["geometry"]["coordinates"] for f in features}
    return sorted(flat(rings["武侯区"]) & (flat(rings["锦江区"]) | flat(rings["青羊区"])))


def misfit(points, found):
    """Root mean square distance (m) of points from the middle between the banks, and how many had both."""
    total, count = 0.0, 0
    for lon, lat in points:
        near = {}
        for bank, line in found.items():
            near[bank] = min(math.hypot((x - lon) * EAST, (y - lat) * UP) for x, y in line)
        total += ((near["south"] - near["north"]) / 2) ** 2 + max(0.0, sum(near.values()) / 2 - 60) ** 2
        count += 1
    return math.sqrt(total / max(count, 1))


def main():
    found = banks()
    west = max(min(x for x, _ in line) for line in found.values())
    east = min(max(x for x, _ in line) for line in found.values())
    gx, gy = gcj02((west + east) / 2, 30.645)
    shift = ((gx - (west + east) / 2), gy - 30.645)
    inner = [p for p in border() if west + 0.003 <= p[0] <= east - 0.0005 and 30.63 < p[1] < 30.66]
    print(f"{len(inner)} border vertices between the banks from {west:.4f} to {east:.4f} east")
    tried = {}
    for dx in range(-400, 401, 20):
        for dy in range(-500, 301, 20):
            moved = [(x - dx / EAST, y - dy / UP) for x, y in inner]
            tried[dx, dy] = misfit(moved, found)
    best = min(tried, key=tried.get)
    print(f"WGS84 would need no shift: misfit {misfit(inner, found):.0f} m")
    undone = [(x - shift[0], y - shift[1]) for x, y in inner]
    print(f"GCJ-02 would need {shift[0] * EAST:+.0f} m east, {shift[1] * UP:+.0f} m north: "
          f"misfit {misfit(undone, found):.0f} m")
    print(f"best: {best[0]:+d} m east, {best[1]:+d} m north: misfit {tried[best]:.0f} m")
    good = [k for k, v in tried.items() if v <= tried[best] + 15]
    print(f"nearly as good: {min(k[0] for k in good):+d} to {max(k[0] for k in good):+d} m east, "
          f"{min(k[1] for k in good):+d} to {max(k[1] for k in good):+d} m north")


if __name__ == "__main__":
    main()
