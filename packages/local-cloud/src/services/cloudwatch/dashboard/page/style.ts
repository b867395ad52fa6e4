/** The pages' style. Nothing is loaded from elsewhere, fonts included. */
export const STYLE = `
:root { color-scheme: light dark;
  --ground: light-dark(#f3f4f6, #101418); --card: light-dark(#ffffff, #181e25); --ink: light-dark(#1b2129, #dfe5ec);
  --soft: light-dark(#5b6673, #93a0af); --rule: light-dark(#e2e6eb, #2a323c); --accent: light-dark(#0b62c4, #6aaef5);
  --good: light-dark(#1e7f4b, #4cc38a); --bad: light-dark(#c2283f, #ff7288); --unsure: light-dark(#8a6500, #e0b341); }
:root[data-theme=light] { color-scheme: light; } :root[data-theme=dark] { color-scheme: dark; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 14px/1.45 system-ui, -apple-system, "Segoe UI", sans-serif; }
header { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: center; padding: 12px 20px; background: var(--card); border-bottom: 1px solid var(--rule); }
header h1 { font-size: 17px; margin: 0; font-weight: 600; overflow-wrap: anywhere; } header a { color: var(--accent); text-decoration: none; }
header .spring { flex: 1; } nav { display: flex; } nav a { padding: 3px 9px; border: 1px solid var(--rule); margin-left: -1px; color: var(--ink); font-variant-numeric: tabular-nums; }
nav a[aria-current] { background: var(--accent); color: var(--card); border-color: var(--accent); }
select, button { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--rule); border-radius: 4px; padding: 3px 8px; }
label, .when { color: var(--soft); font-size: 13px; font-variant-numeric: tabular-nums; }
main.grid { display: grid; grid-template-columns: repeat(24, minmax(0, 1fr)); grid-auto-rows: 44px; gap: 8px; padding: 14px 20px 40px; max-width: 1680px; margin: 0 auto; }
.widget { background: var(--card); border: 1px solid var(--rule); border-radius: 6px; padding: 9px 12px 8px; display: flex; flex-direction: column; min-width: 0; overflow: hidden; }
.widget h2 { font-size: 13px; font-weight: 600; margin: 0 0 4px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.content { flex: 1; min-height: 0; display: flex; flex-direction: column; overflow: auto; position: relative; }
.chart { flex: 1; min-height: 0; width: 100%; display: block; } .chart text { font-size: 10.5px; fill: var(--soft); font-variant-numeric: tabular-nums; }
.chart .grid { stroke: var(--rule); } .chart .base, .chart .tick { stroke: var(--soft); stroke-opacity: .55; } .chart polyline { stroke-width: 1.7; stroke-linejoin: round; }
.chart polygon { fill-opacity: .28; } .chart line.bound { stroke-dasharray: 5 4; stroke-width: 1.3; } .chart text.bound { font-weight: 600; } .chart .fill { fill-opacity: .08; }
.chart .pointer { stroke: var(--soft); visibility: hidden; }
.legend { list-style: none; margin: 4px 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: 1px 14px; font-size: 12px; color: var(--soft); }
.legend b, .number span { font-weight: 500; color: var(--ink); font-variant-numeric: tabular-nums; } .legend i { font-size: 11px; }
.swatch { width: 10px; height: 10px; margin-right: 5px; vertical-align: -1px; }
.empty { margin: auto; max-width: 62ch; padding: 6px; text-align: center; color: var(--soft); font-size: 12.5px; overflow-wrap: anywhere; } .empty strong { color: var(--ink); font-size: 14px; } .empty p { margin: 4px 0 0; }
.notes { font-size: 12px; color: var(--soft); margin-top: 3px; overflow-wrap: anywhere; } .notes p { margin: 2px 0; } summary { cursor: pointer; }
.numbers { flex: 1; display: flex; flex-wrap: wrap; gap: 10px 30px; align-content: center; justify-content: space-evenly; } .number { display: flex; flex-direction: column; align-items: center; }
.number b { font-size: 30px; font-weight: 600; line-height: 1.15; font-variant-numeric: tabular-nums; } .number span { font-size: 12px; color: var(--soft); } .spark { width: 120px; height: 24px; margin-top: 4px; } .spark polyline { stroke-width: 1.5; } meter { width: 140px; }
.alarms { list-style: none; margin: 0; padding: 0; } .alarms li { border-left: 4px solid var(--soft); padding: 3px 0 4px 10px; margin-bottom: 7px; } .alarms p { margin: 0; color: var(--soft); font-size: 12px; } .alarms small { color: var(--soft); }
.alarms [data-state=OK] { border-color: var(--good); } .alarms [data-state=OK] b { color: var(--good); } .alarms [data-state=ALARM] { border-color: var(--bad); } .alarms [data-state=ALARM] b { color: var(--bad); }
.alarms [data-state=INSUFFICIENT_DATA] { border-color: var(--unsure); } .alarms [data-state=INSUFFICIENT_DATA] b { color: var(--unsure); }
.scroll { overflow: auto; } table { border-collapse: collapse; width: 100%; font-size: 12.5px; } th { text-align: left; color: var(--soft); font-weight: 500; position: sticky; top: 0; background: var(--card); }
th, td { padding: 3px 14px 3px 0; border-bottom: 1px solid var(--rule); vertical-align: top; } td { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 12px; overflow-wrap: anywhere; } .scroll td:first-child { white-space: nowrap; width: 1%; }
.text h3, .text h4 { margin: 0 0 4px; } .text p, .text ul, .text ol { margin: 0 0 8px; } .text a { color: var(--accent); } .text code, .text pre { font: 12px ui-monospace, Menlo, Consolas, monospace; background: var(--ground); padding: 1px 4px; border-radius: 3px; }
.list { max-width: 900px; margin: 24px auto; padding: 0 20px; } .list a { color: var(--accent); } .list p { color: var(--soft); }
#tip { position: fixed; z-index: 2; pointer-events: none; background: var(--card); border: 1px solid var(--rule); border-radius: 5px; padding: 6px 9px; font-size: 12px; box-shadow: 0 3px 14px rgb(0 0 0 / .22); max-width: 380px; visibility: hidden; }
#tip div { clear: both; } #tip b { float: right; margin-left: 16px; font-variant-numeric: tabular-nums; font-weight: 600; } #tip time { color: var(--soft); }
a:focus-visible, button:focus-visible, select:focus-visible, summary:focus-visible, .chart:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; } .chart:focus-visible { outline-offset: -2px; }
@media (max-width: 860px) { main.grid { display: block; padding: 10px; } .widget { margin-bottom: 10px; } .widget[data-kind=chart] { min-height: 220px; } }
`;
