"""How the report looks: light, one column of paper, letters that every system has."""

STYLE = """
:root { color-scheme: light; --ink: #17262b; --soft: #55666c; --line: #d5dfe2; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: var(--ink); line-height: 1.5;
  font: 16px/1.5 "Source Sans 3", "Segoe UI", "Helvetica Neue", Arial, "Liberation Sans",
  "DejaVu Sans", sans-serif; font-variant-numeric: tabular-nums; }
main, footer { max-width: 54rem; margin: 0 auto; padding: 0 2rem; }
main { padding-top: 2.5rem; }
p { margin: 0 0 .6rem; }
h1, h2, .number { font-family: "Iowan Old Style", "Palatino Linotype", Palatino, "Book Antiqua",
  "URW Palladio L", Georgia, "DejaVu Serif", serif; font-weight: 600; }
h1 { font-size: 2.1rem; line-height: 1.15; margin: 0 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.45rem; margin: 2.2rem 0 .8rem; padding-top: 1.2rem;
  border-top: 1px solid var(--line); }
h3 { font-size: .8rem; letter-spacing: .06em; text-transform: uppercase; color: var(--soft);
  font-weight: 600; margin: 1.8rem 0 .5rem; }
.eyebrow { display: flex; justify-content: space-between; gap: 1rem; font-size: .85rem;
  color: var(--soft); border-bottom: 2px solid var(--ink); padding-bottom: .5rem;
  margin-bottom: 1.4rem; }
.terms { border-left: 3px solid var(--ink); padding: .1rem 0 .1rem .8rem; margin: 1rem 0 1.8rem; }
.pair { display: grid; grid-template-columns: minmax(0, 11fr) minmax(0, 9fr); gap: 2rem;
  align-items: start; }
figure { margin: 0; }
figure > svg, figure > img { display: block; width: 100%; height: auto; }
.maps { display: grid; grid-template-columns: repeat(auto-fill, minmax(22rem, 1fr));
  gap: 1.4rem 1.6rem; margin-bottom: 1.2rem; align-items: start; }
.maps h3 { margin-top: 0; }
.maps figcaption { font-size: .88rem; color: var(--soft); margin-top: .4rem; }
ul { margin: 0; padding-left: 1.1rem; }
ul.checks { margin-bottom: .9rem; }
figcaption ul { list-style: none; padding: .5rem 0 0; display: flex; flex-wrap: wrap;
  gap: .1rem 1.2rem; font-size: .85rem; color: var(--soft); }
i { display: inline-block; width: .75em; height: .75em; border-radius: 2px; margin-right: .45em; }
.by { font-weight: 600; }
.label, .note { font-size: .85rem; color: var(--soft); margin: 0; }
.number { font-size: 3rem; line-height: 1.1; margin: 0 0 .3rem; }
.call { margin: 0 0 .7rem; }
.bar { display: block; width: 100%; max-width: 26rem; height: auto; }
.bar text { font-size: 13px; fill: var(--soft); }
.verdict ul { font-size: .93rem; }
.verdict li { margin-bottom: .3rem; }
.verdict h3 { margin-top: 1.2rem; }
table { width: 100%; border-collapse: collapse; font-size: .93rem; margin-bottom: .5rem; }
th, td { text-align: left; vertical-align: baseline; padding: .34rem .9rem .34rem 0;
  border-bottom: 1px solid var(--line); font-weight: 400; }
tr:first-child > * { border-top: 1px solid var(--line); }
table th { width: 27%; }
table td + td { color: var(--soft); width: 46%; font-size: .86rem; }
table td:first-of-type { font-weight: 600; }
.origin td:first-of-type { font-weight: 400; overflow-wrap: anywhere; font-size: .82rem;
  font-family: ui-monospace, Consolas, "DejaVu Sans Mono", monospace; }
.grid { display: block; overflow-x: auto; }
.grid th, .grid td, .grid td + td, .grid td:first-of-type { width: auto; color: var(--ink);
  font-size: .86rem; font-weight: 400; }
.grid tr:first-child th { color: var(--soft); }
.checks li { margin-bottom: .25rem; }
footer { margin-top: 2.2rem; padding-bottom: 2.5rem; font-size: .85rem; color: var(--soft); }
@media screen and (max-width: 44rem) { .pair { grid-template-columns: 1fr; } }
@media print {
  @page { size: A4; margin: 13mm 16mm; }
  html { font-size: 12px; }
  th, td { padding-top: .2rem; padding-bottom: .2rem; }
  h3 { margin-top: 1.2rem; }
  body { font-size: 1rem; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main, footer { max-width: none; padding: 0; }
  table, figure, .verdict, .checks { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .finding + .finding { break-before: page; }
}
"""
