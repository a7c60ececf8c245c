// Make static/world-ee.geojson (shapes) and data/countries.json (names, codes, middles) from npm packages.
//
// Usage: node data/recipes/world.mjs NODE_MODULES          (Node 20.19 or newer)
//
// Coordinates are Equal Earth, north up, scaled so that x reaches about ±155 and y about ±75: the shapes and
// the middles of data/countries.json fit each other, and a map needs no projection of its own.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";

const modules = path.resolve(process.argv[2]);
const require = createRequire(path.join(modules, "x.js"));
const topojson = require("topojson-client");
const simplify = require("topojson-simplify");
const { geoArea, geoCentroid, geoContains, geoEqualEarth } = require("d3-geo");
const { geoProject } = require("d3-geo-projection");
const root = path.resolve(import.meta.dirname, "../..");

const KM2 = 6371 ** 2; // of a steradian
const DOT_KM2 = 12000; // a country below this is a few pixels wide on a world map
const ISLAND_KM2 = 250; // lesser pieces of a country that has greater ones are left out

// Parts that Natural Earth counts to another country although ISO 3166 gives them a code: [country, west, south, east, north]
const PARTS = {
  GF: ["FR", -55, 2, -51, 6.2],
  GP: ["FR", -62, 15.7, -60.9, 16.7],
  MQ: ["FR", -61.4, 14.2, -60.6, 15.1],
  RE: ["FR", 55, -21.6, 56, -20.7],
  YT: ["FR", 44.8, -13.2, 45.5, -12.5],
  SJ: ["NO", -10, 70.5, 35, 81.5],
  BQ: ["NL", -69, 11.8, -62.8, 17.8],
  CX: ["Indian Ocean Ter.", 105, -11, 106, -10],
  CC: ["Indian Ocean Ter.", 96, -13, 97.5, -11],
};
// Areas without an ISO number that belong to a code; others (military bases, a glacier) stay without one.
const NAMED = { Kosovo: "XK", "N. Cyprus": "CY", Somaliland: "SO", "Ashmore and Cartier Is.": "AU" };
// Middles of those without a shape in this data, or curved so that the centre of their area lies abroad: longitude, latitude.
const MIDDLES = {
  AQ: [0, -80], BQ: [-68.27, 12.18], BV: [3.35, -54.42], CC: [96.83, -12.17], CX: [105.63, -10.49], GI: [-5.35, 36.14],
  IL: [34.9, 31.3], TK: [-171.85, -9.2], TV: [179.2, -8.52], UM: [166.63, 19.29], VN: [108.2, 14.6],
};
const FAR_SOUTH = ["AQ", "BV", "GS", "HM", "TF"]; // counted to Antarctica, where CLDR says Oceania, Africa or South America

const projection = geoEqualEarth().scale(180 / Math.PI).translate([0, 0]).precision(0.3);
const round = (value, digits) => Number(value.toFixed(digits)) + 0;

function readCountries() {
  const containment = require("cldr-core/supplemental/territoryContainment.json").supplemental.territoryContainment;
  const codes = require("cldr-core/supplemental/codeMappings.json").supplemental.codeMappings;
  const names = (language) =>
    require(`cldr-localenames-full/main/${language}/territories.json`).main[language].localeDisplayNames.territories;
  const [en, ko] = [names("en"), names("ko")];
  const name = (table, code) =>
    (["HK", "MO", "PS", "MM"].includes(code) && table[`${code}-alt-short`]) ||
    (["CD", "CG"].includes(code) && table[`${code}-alt-variant`]) ||
    table[code];
  const leaves = (area) => containment[area]?._contains.flatMap(leaves) ?? [area];
  const areas = { AF: "002", AS: "142", EU: "150", OC: "009", NA: "003", SA: "005" };
  const notIso = ["AC", "CP", "CQ", "DG", "EA", "IC", "TA"];
  const countries = {};
  for (const [continent, area] of Object.entries(areas)) {
    for (const code of leaves(area).filter((code) => /^[A-Z]{2}$/.test(code) && !notIso.includes(code))) {
      countries[code] = {
        numeric: codes[code]._numeric,
        en: name(en, code),
        ko: name(ko, code),
        continent: FAR_SOUTH.includes(code) ? "AN" : continent,
      };
    }
  }
  return countries;
}

// Alpha-2 (or the name where there is none) → polygons in degrees. Points whose triangle with their neighbours
// is below `steradians` are left out; borders stay common to both sides.
function readShapes(countries, steradians) {
  const topology = JSON.parse(fs.readFileSync(path.join(modules, "world-atlas/countries-50m.json")));
  const simple = simplify.simplify(simplify.presimplify(topology, simplify.sphericalTriangleArea), steradians);
  const byNumber = Object.fromEntries(Object.entries(countries).map(([code, c]) => [c.numeric, code]));
  const shapes = new Map();
  for (const feature of topojson.feature(simple, simple.objects.countries).features) {
    const key = byNumber[feature.id] ?? NAMED[feature.properties.name] ?? feature.properties.name;
    const { type, coordinates } = feature.geometry;
    shapes.set(key, [...(shapes.get(key) ?? []), ...(type === "Polygon" ? [coordinates] : coordinates)]);
  }
  for (const [part, [whole, ...box]] of Object.entries(PARTS)) {
    const inside = (polygon) => within(geoCentroid({ type: "Polygon", coordinates: polygon }), box);
    const polygons = shapes.get(whole) ?? [];
    if (polygons.some(inside)) shapes.set(part, polygons.filter(inside));
    shapes.set(whole, polygons.filter((polygon) => !inside(polygon)));
  }
  shapes.delete("AQ");
  return shapes;
}

const within = ([x, y], [west, south, east, north]) => west <= x && x <= east && south <= y && y <= north;
const km2 = (polygon) => geoArea({ type: "Polygon", coordinates: polygon }) * KM2;

function project(polygons) {
  const geometry = geoProject({ type: "MultiPolygon", coordinates: polygons }, projection);
  if (!geometry) return [];
  const projected = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  return projected.map((polygon) => polygon.map(snap).filter((ring) => ring.length >= 4)).filter((polygon) => polygon.length);
}

// Round to a tenth, leave out points that fall together or lie on a straight line between their neighbours.
function snap(ring) {
  const points = [];
  for (const [x, y] of ring) {
    const point = [round(x, 1), round(-y, 1)];
    const [a, b] = points.slice(-2);
    if (b && b[0] === point[0] && b[1] === point[1]) continue;
    if (a && b && Math.abs((b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0])) < 1e-6) {
      if ((b[0] - a[0]) * (point[0] - b[0]) + (b[1] - a[1]) * (point[1] - b[1]) >= 0) points.pop();
    }
    points.push(point);
  }
  return points;
}

// A country too small to survive rounding keeps a small diamond, so that every country has a shape to fill.
function diamond([x, y]) {
  const r = 0.2;
  return [[[x - r, y], [x, y + r], [x + r, y], [x, y - r], [x - r, y]].map((point) => point.map((n) => round(n, 2)))];
}

const countries = readCountries();
const exact = readShapes(countries, 0);
const shapes = readShapes(countries, 1.5e-6);
const features = [];
const largest = (polygons) => polygons.reduce((best, polygon) => (km2(polygon) > km2(best) ? polygon : best));
for (const [key, polygons] of [...shapes].sort(([a], [b]) => (a < b ? -1 : 1))) {
  if (!polygons.length) continue;
  const main = largest(polygons);
  const rings = project(polygons.filter((polygon) => polygon === main || km2(polygon) >= ISLAND_KM2));
  const country = countries[key];
  if (country) {
    country.area = exact.get(key).reduce((sum, polygon) => sum + km2(polygon), 0);
    country.middle = MIDDLES[key] ?? geoCentroid({ type: "Polygon", coordinates: largest(exact.get(key)) });
    features.push({ a2: key, name: country.en, rings });
  } else if (rings.length) {
    features.push({ a2: null, name: key, rings });
  }
}
for (const [code, country] of Object.entries(countries)) {
  const [lon, lat] = country.middle ?? MIDDLES[code];
  const [x, y] = projection([lon, lat]);
  Object.assign(country, { lon: round(lon, 2), lat: round(lat, 2), x: round(x, 2), y: round(-y, 2) });
  country.dot = code !== "AQ" && (country.area ?? 0) < DOT_KM2;
  const feature = features.find((feature) => feature.a2 === code);
  if (!feature && code !== "AQ") features.push({ a2: code, name: country.en, rings: [] });
}

const collection = features.map(({ a2, name, rings }) => {
  const country = countries[a2];
  const middle = country && { cx: country.x, cy: country.y, ...(country.dot && { dot: true }) };
  const coordinates = rings.length ? rings : [diamond([country.x, country.y])];
  return JSON.stringify({ type: "Feature", properties: { a2, name, ...middle }, geometry: { type: "MultiPolygon", coordinates } });
});
fs.writeFileSync(
  path.join(root, "static/world-ee.geojson"),
  `{"type":"FeatureCollection","features":[\n${collection.join(",\n")}\n]}\n`,
);
const rows = Object.keys(countries).sort().map((code) => {
  const { numeric, en, ko, continent, lon, lat, x, y, dot } = countries[code];
  return `${JSON.stringify(code)}:${JSON.stringify({ numeric, en, ko, continent, lon, lat, x, y, dot })}`;
});
fs.writeFileSync(path.join(root, "data/countries.json"), `{\n${rows.join(",\n")}\n}\n`);
const size = fs.statSync(path.join(root, "static/world-ee.geojson")).size;
console.log(`${rows.length} countries, ${collection.length} shapes, ${Math.round(size / 1000)} KB`);
console.log("dots:", Object.keys(countries).filter((code) => countries[code].dot).join(" "));
console.log("without shape:", Object.keys(countries).filter((code) => !shapes.get(code)?.length).join(" "));
console.log("without code:", features.filter((f) => !f.a2).map((f) => f.name).join(", "));
console.log(
  "middle outside the shape:",
  Object.keys(countries)
    .filter((code) => exact.get(code)?.length && !countries[code].dot)
    .filter((code) => !geoContains({ type: "MultiPolygon", coordinates: exact.get(code) }, countries[code].middle))
    .join(" "),
);
