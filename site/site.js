// What scrolls sideways can be reached by the keyboard.
const reach = () => {
  for (const part of document.querySelectorAll("pre > code, .md-typeset__scrollwrap")) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
  }
};
addEventListener("load", reach);
addEventListener("resize", reach);
