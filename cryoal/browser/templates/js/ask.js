// One line from a person; null when they would rather not. `check` gives what is wrong, or "".
function askFor({ title, label, value = "", check, mustAnswer = false }) {
  const dialog = $("#ask");
  const input = $("#answer");
  $("#ask-title").textContent = title;
  $("#ask-label").textContent = label;
  $("#ask-error").textContent = "";
  $(".close", dialog).hidden = mustAnswer;
  input.value = value;
  return new Promise((resolve) => {
    const finish = (answer) => {
      dialog.onkeydown = dialog.oncancel = null;
      dialog.close();
      resolve(answer);
    };
    const accept = () => {
      const problem = check(input.value.trim());
      $("#ask-error").textContent = problem;
      if (!problem) finish(input.value.trim());
    };
    dialog.onkeydown = (event) => {
      if (event.key === "Enter" && event.target === input) {
        event.preventDefault();
        accept();
      }
    };
    dialog.oncancel = (event) => {
      event.preventDefault();
      if (!mustAnswer) finish(null);
    };
    $(".ok", dialog).onclick = accept;
    $(".close", dialog).onclick = () => finish(null);
    dialog.showModal();
    input.focus();
    input.select();
  });
}
