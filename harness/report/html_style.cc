#include "harness/report/html_parts.h"

namespace crashwright::harness {
namespace {

constexpr const char* kStyle = R"(
:root{color-scheme:light;--bg:#fff;--fg:#1b1f24;--soft:#57606a;--line:#d0d7de;--card:#f6f8fa;--code:#eaeef2;
--mark:#ffe7b8;
--pass:#116329;--fail:#b42318;--warn:#7d4e00;--skip:#4f5b66;--link:#0550ae;--bar:#c6d3e1;--whole:#9db4cc;--tick:#3d5875;
--sent:#0550ae;--fault:#9a4a00}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){color-scheme:dark;--bg:#0f1318;--fg:#e6edf3;
--soft:#9aa5b1;
--line:#30363d;--card:#161b22;--code:#1f262e;--mark:#5a4410;--pass:#56d364;--fail:#ff8a80;--warn:#f0b44c;--skip:#a3adb8;
--link:#79b8ff;--bar:#2b3846;--whole:#40556b;--tick:#8fb0d2;--sent:#79b8ff;--fault:#ffab6b}}
:root[data-theme=dark]{color-scheme:dark;--bg:#0f1318;--fg:#e6edf3;--soft:#9aa5b1;--line:#30363d;--card:#161b22;
--code:#1f262e;--mark:#5a4410;--pass:#56d364;--fail:#ff8a80;--warn:#f0b44c;--skip:#a3adb8;--link:#79b8ff;--bar:#2b3846;
--whole:#40556b;--tick:#8fb0d2;--sent:#79b8ff;--fault:#ffab6b}
*{box-sizing:border-box}
body{margin:0 auto;max-width:80rem;padding:1.5rem;background:var(--bg);color:var(--fg);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
h1{font-size:1.6rem;margin:0 0 .2rem}h2{font-size:1.2rem;margin:2.2rem 0 .6rem}h3{font-size:1rem;margin:1.4rem 0 .3rem}
h4{font-size:.95rem;font-weight:600;margin:.8rem 0 .2rem}
a{color:var(--link)}p{margin:.3rem 0}.soft{color:var(--soft)}
table{border-collapse:collapse;width:100%;margin:.4rem 0}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid var(--line)}
th{font-weight:600;color:var(--soft);font-size:.85rem;white-space:nowrap}
th.n,td.n{text-align:right}td.n{white-space:nowrap;font-variant-numeric:tabular-nums}
code,pre,kbd{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre{background:var(--code);padding:.6rem .8rem;border-radius:6px;overflow-x:auto;margin:.3rem 0;white-space:pre}
mark{background:var(--mark);color:inherit;font-weight:600}
kbd{border:1px solid var(--line);border-radius:4px;padding:0 .3rem}
.wide{overflow-x:auto}
.case{border:1px solid var(--line);border-radius:8px;margin:.6rem 0;background:var(--card);scroll-margin-top:.5rem}
.case>summary{padding:.5rem 1rem;cursor:pointer;border-radius:8px}
.case>summary .title{display:inline;font-size:1.02rem;font-weight:600}
.body{padding:0 1.1rem 1rem;scroll-margin-top:3rem}
.lead{font-size:1.08rem}
.repeat{position:relative}.repeat pre{padding-right:5rem;white-space:pre-wrap;overflow-wrap:anywhere}
.repeat button{position:absolute;top:.35rem;right:.4rem}
button,input,select{font:inherit;color:inherit;background:var(--bg);border:1px solid var(--line);border-radius:6px;
padding:.1rem .6rem}
button{cursor:pointer}
.badge{display:inline-block;font-weight:700;font-size:.8rem;letter-spacing:.02em}
.PASS{color:var(--pass)}.FAIL,.ERROR,.UNFINISHED{color:var(--fail)}.INCONCLUSIVE{color:var(--warn)}
.SKIPPED,.NOT_APPLICABLE{color:var(--skip)}
.tiles{display:flex;flex-wrap:wrap;gap:.6rem;margin:1rem 0}
.tile{border:1px solid var(--line);border-radius:8px;padding:.4rem 1rem;background:var(--card)}
.tile b{display:block;font-size:1.5rem;font-variant-numeric:tabular-nums}
.filters{display:flex;flex-wrap:wrap;gap:.4rem 1rem;align-items:center;margin:.5rem 0}
.filters[hidden]{display:none}#search{min-width:16rem;padding:.3rem .6rem}.keys{margin-left:auto}
.hist{white-space:nowrap}.hist i{display:inline-block;width:9px;height:14px;margin-right:2px;border-radius:2px;
background:var(--line)}.hist .p{background:var(--pass)}.hist .f{background:var(--fail)}.hist .i{background:var(--warn)}
.hist .s{background:var(--skip)}.hist .n{background:none;border:1px solid var(--line)}
.broken{list-style:none;padding:0;margin:.5rem 0}.broken>li{border-left:3px solid var(--fail);padding:.1rem .8rem;
margin:.4rem 0}.plain{list-style:none;padding-left:0}
.runs{width:auto}.runs th:not(:first-child){text-align:right}
.files{columns:22rem;list-style:none;padding:0}
.log table{font:13px/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}.log td{padding:.05rem .6rem;border:0}
.log-W td{color:var(--warn)}.log-E td{color:var(--fail)}.log-D td{color:var(--soft)}
.log-X td{color:var(--fail);font-weight:700;border-top:1px solid var(--fail)!important;
border-bottom:1px solid var(--fail)!important}
.differs{color:var(--fail);font-weight:700}
.timeline,.ring{max-width:100%;height:auto;display:block;font:12px system-ui,sans-serif}
.timeline text,.ring text{fill:var(--fg)}.timeline .t-process{font-weight:600}.timeline .t-thread,.timeline .t-axis{
fill:var(--soft);font-size:11px}.timeline .t-axis{text-anchor:middle}
.t-bar{fill:var(--bar)}.t-whole{fill:var(--whole)}.t-event{stroke:var(--tick);fill:none;stroke-width:1}
.t-grid{stroke:var(--line);fill:none}.t-moment{fill:none;stroke-width:1.5;stroke-dasharray:4 3}
.t-fault{fill:var(--fault)}.t-durable{fill:var(--pass)}.t-sent{fill:var(--sent)}.t-recovery{fill:var(--pass)}
path.t-recovery{stroke:var(--pass)}path.t-death,.t-death .line{stroke:var(--fail);fill:none;stroke-width:2.5}
path.t-moment{stroke-width:1.5}g>*{stroke:var(--bg);stroke-width:1}
.t-death .line{stroke:var(--fail)}
.ring .arrow{stroke:var(--fail);fill:none;stroke-width:2}.ring marker path,.ring .node{fill:var(--fail)}
.legend{display:flex;flex-wrap:wrap;align-items:center;gap:.2rem .5rem}.legend svg{margin-left:.5rem}
details{margin:.4rem 0}summary{cursor:pointer}
summary:focus-visible,a:focus-visible,button:focus-visible,input:focus-visible,select:focus-visible{
outline:2px solid var(--link);outline-offset:2px}
ul,ol{margin:.3rem 0;padding-left:1.3rem}
@media (max-width:40rem){body{padding:.7rem}.keys{display:none}.body{padding:0 .6rem .6rem}
.timeline{width:44rem;max-width:none}#search{width:100%}
#cases thead,#cases td.n,.log th:nth-child(2),.log td:nth-child(2){display:none}
#cases tr:not([hidden]){display:block;padding:.45rem 0;border-bottom:1px solid var(--line)}
#cases td{display:block;border:0;padding:.05rem 0}
#cases td:first-child,#cases td:nth-child(2){display:inline;padding-right:.5rem}
#cases tr[data-o=PASS] td:nth-child(n+3){display:none}.body .wide:not(.log) table{min-width:32rem}
.log td,.log th{padding:.05rem .3rem}.log td:last-child{overflow-wrap:anywhere}}
@media print{details>*{display:block}.filters,.repeat button{display:none}}
)";

}  // namespace

const char* html_style() noexcept { return kStyle; }

}  // namespace crashwright::harness
