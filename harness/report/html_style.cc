#include "harness/report/html_parts.h"

namespace crashwright::harness {

const char* html_style() noexcept {
  return R"(
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--soft:#57606a;--line:#d0d7de;--card:#f6f8fa;--code:#eff1f3;
--pass:#116329;--fail:#b42318;--warn:#8a5300;--skip:#4f5b66;--link:#0550ae}
@media (prefers-color-scheme:dark){:root{--bg:#0f1318;--fg:#e6edf3;--soft:#9aa5b1;--line:#30363d;--card:#161b22;
--code:#1c222a;--pass:#56d364;--fail:#ff8a80;--warn:#f0b44c;--skip:#a3adb8;--link:#79b8ff}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:76rem;padding:1.5rem;background:var(--bg);color:var(--fg);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:1.2rem 0 .3rem}
a{color:var(--link)}p{margin:.3rem 0}.soft{color:var(--soft)}
table{border-collapse:collapse;width:100%;margin:.4rem 0}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid var(--line)}
th{font-weight:600;color:var(--soft);font-size:.85rem}
td.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
code,pre{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre{background:var(--code);padding:.6rem .8rem;border-radius:6px;overflow-x:auto;margin:.3rem 0;white-space:pre}
.wide{overflow-x:auto}
section{border:1px solid var(--line);border-radius:8px;padding:.2rem 1.1rem 1rem;margin:1rem 0;background:var(--card)}
section>h2{margin:.9rem 0 .2rem}
.lead{font-size:1.05rem}
.badge{display:inline-block;font-weight:700;font-size:.8rem;letter-spacing:.02em}
.PASS{color:var(--pass)}.FAIL,.ERROR,.UNFINISHED{color:var(--fail)}.INCONCLUSIVE{color:var(--warn)}
.SKIPPED,.NOT_APPLICABLE{color:var(--skip)}
.tiles{display:flex;flex-wrap:wrap;gap:.6rem;margin:1rem 0}
.tile{border:1px solid var(--line);border-radius:8px;padding:.4rem .9rem;background:var(--card)}
.tile b{display:block;font-size:1.4rem;font-variant-numeric:tabular-nums}
details{margin:.4rem 0}summary{cursor:pointer}
summary:focus-visible,a:focus-visible{outline:2px solid var(--link);outline-offset:2px}
ul{margin:.3rem 0;padding-left:1.2rem}
@media print{details>*{display:block}}
)";
}

}  // namespace crashwright::harness
