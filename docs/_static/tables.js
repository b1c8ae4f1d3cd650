/* Tables that a click on a heading sorts, and the filters of the table of all functions. */
(() => {
  "use strict";

  function valueOf(row, column) {
    const cell = row.cells[column], value = cell.dataset.value ?? cell.textContent.trim();
    return value;
  }

  function compare(a, b) {
    if (a === "" || b === "") return (a === "") - (b === "");  // what is missing comes last
    const [x, y] = [a, b].map(text => (text === "inf" ? Infinity : text === "-inf" ? -Infinity : +text));
    if (!Number.isNaN(x) && !Number.isNaN(y)) return x === y ? 0 : x - y;
    return a.localeCompare(b);
  }

  function makeSortable(table) {
    const body = table.tBodies[0];
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const falls = head.getAttribute("aria-sort") === "ascending";
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", falls ? "descending" : "ascending");
        const rows = [...body.rows].map(row => [valueOf(row, column), row]);
        rows.sort(([a], [b]) => {
          const order = compare(a, b);
          return falls && a !== "" && b !== "" ? -order : order;
        });
        body.append(...rows.map(([, row]) => row));
      });
    });
  }

  function makeFilters(form) {
    const rows = [...document.querySelector(".fa-compare").tBodies[0].rows];
    const name = form.querySelector("[data-filter=name]");
    const kind = form.querySelector("[data-filter=kind]");
    const boxes = [...form.querySelectorAll("[data-property]")];
    const count = form.querySelector("output");
    function apply() {
      const wanted = boxes.filter(box => box.checked)
        .map(box => box.dataset.property.replace(" ", "-"));
      for (const row of rows) {
        const properties = row.dataset.properties.split(" ");
        row.hidden = !(row.dataset.name.includes(name.value.trim().toLowerCase())
          && (!kind.value || row.dataset.kind === kind.value)
          && wanted.every(property => properties.includes(property)));
      }
      count.textContent = `${rows.filter(row => !row.hidden).length} of ${rows.length}`;
    }
    form.hidden = false;
    form.addEventListener("input", apply);
    form.addEventListener("submit", event => event.preventDefault());
    apply();
  }

  document.querySelectorAll("table.fa-sortable").forEach(makeSortable);
  document.querySelectorAll("form.fa-filters").forEach(makeFilters);
})();
