#include "src/figures/page_theme.h"

namespace fovea {

const std::string& page_theme() {
  static const std::string style = R"css(
:root {
  color-scheme: light dark;
  --paper: #fbfaf7; --card: #ffffff; --ink: #23262b; --muted: #6a6f78; --rule: #e5e1d9; --accent: #225d90;
  --heat: 34 93 144; --strong: #ffffff; --masked: #d6d5d2; --truth: #e0481f;
  --series-0: #2f6db3; --series-1: #c8622a; --series-2: #2c8f6b; --series-3: #8a5aa8;
  --series-4: #a5822a; --series-5: #b8456b; --series-6: #4a8fa8; --series-7: #6b6b6b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15171a; --card: #1c1f23; --ink: #e6e4df; --muted: #9ba0a8; --rule: #2e3238; --accent: #8fbbe3;
    --heat: 122 178 232; --strong: #10161d; --masked: #3a3d42; --truth: #ff7a52;
    --series-0: #6ea8e0; --series-1: #e8935f; --series-2: #5dbf99; --series-3: #b78fd3;
    --series-4: #cfae5a; --series-5: #e07f9f; --series-6: #7cc0d8; --series-7: #a5a5a5;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif;
}
main { max-width: 1240px; margin: 0 auto; padding: 48px 24px 96px; }
h1, h2, h3 { font-family: "Iowan Old Style", "Palatino Linotype", Palatino, Georgia, "DejaVu Serif", serif; font-weight: 600; line-height: 1.2; }
h1 { font-size: 2.1rem; margin: 0 0 .3em; letter-spacing: -.01em; }
h2 { font-size: 1.55rem; margin: 72px 0 .3em; padding-top: 24px; border-top: 1px solid var(--rule); }
h3 { font-size: 1.12rem; margin: 40px 0 .2em; }
h4 { font-size: .95rem; margin: 26px 0 10px; font-weight: 600; }
p { margin: 0 0 1em; max-width: 46rem; }
.lead { font-size: 1.08rem; color: var(--ink); }
.note, .explain { color: var(--muted); font-size: .9rem; }
[hidden] { display: none !important; }
footer { margin-top: 72px; color: var(--muted); font-size: .82rem; }
@media print {
  :root { --paper: #fff; --card: #fff; color-scheme: light; }
  main { max-width: none; padding: 0; }
}
)css";
  return style;
}

}  // namespace fovea
