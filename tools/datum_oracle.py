#!/usr/bin/env python3
"""Writes crates/atlas/tests/datum_oracle.csv: WGS84 points and their GCJ-02 by two programs that are not ours.

Needs `pip install coord-convert eviltransform`. The points come from a seed, most of them around Chengdu.
"""
import pathlib
import random

import eviltransform
from coord_convert.transform import wgs2gcj

OUT = pathlib.Path(__file__).parent.parent / "crates/atlas/tests/datum_oracle.csv"


def points():
    rng = random.Random(20240501)
    for _ in range(150):
        yield round(rng.uniform(102.9, 105.0), 7), round(rng.uniform(30.0, 31.5), 7)
    for _ in range(70):
        yield round(rng.uniform(74.0, 134.0), 7), round(rng.uniform(19.0, 53.0), 7)


with OUT.open("w", encoding="utf-8") as out:
    out.write("lon,lat,coord_convert_lon,coord_convert_lat,eviltransform_lon,eviltransform_lat\n")
    for lon, lat in points():
        a = wgs2gcj(lon, lat)
        b = eviltransform.wgs2gcj(lat, lon)
        out.write(f"{lon:.7f},{lat:.7f},{a[0]:.10f},{a[1]:.10f},{b[1]:.10f},{b[0]:.10f}\n")
