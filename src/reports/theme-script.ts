/** Browser code of the theme button (`#theme`): auto, light or dark, remembered where the browser allows it. */
export const themeScript = `
  const theme = document.getElementById("theme");
  const choices = ["auto", "light", "dark"];
  const remembered = () => { try { return localStorage.getItem("crucible-theme"); } catch { return null; } };
  const show = (choice) => {
    if (choice === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice;
    theme.textContent = "Theme: " + choice;
    theme.dataset.choice = choice;
    try { localStorage.setItem("crucible-theme", choice); } catch {}
  };
  show(choices.includes(remembered()) ? remembered() : "auto");
  theme.hidden = false;
  theme.addEventListener("click", () => show(choices[(choices.indexOf(theme.dataset.choice) + 1) % choices.length]));
`;
