"use strict";
(function () {
	var FEW = 50;
	var form = document.getElementById("filter");
	var text = form.elements.text, reason = form.elements.reason, said = form.elements.said;
	var sheets = [];

	function valueOf(row, column) {
		var cell = row.cells[column], raw = cell.getAttribute("data-v");

		return raw === null ? cell.textContent : Number(raw);
	}

	function compare(a, b) {
		if (typeof a === "number" || typeof b === "number")
			return (typeof a === "number" ? a : -1) - (typeof b === "number" ? b : -1);
		return a.localeCompare(b, "en", { numeric: true });
	}

	function sortBy(sheet, column) {
		var head = sheet.heads[column], numeric = head.classList.contains("n") || head.classList.contains("t");
		var now = head.getAttribute("aria-sort");
		var order = now ? (now === "ascending" ? "descending" : "ascending") : numeric ? "descending" : "ascending";

		sheet.heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
		head.setAttribute("aria-sort", order);
		sheet.rows = sheet.rows.map(function (row) { return { row: row, value: valueOf(row, column) }; })
			.sort(function (a, b) { return order === "ascending" ? compare(a.value, b.value) : compare(b.value, a.value); })
			.map(function (pair) { return pair.row; });
		sheet.rows.forEach(function (row) { sheet.body.appendChild(row); });
		show(sheet);
	}

	function matches(row, words, wanted) {
		var own = row.getAttribute("data-r");

		if (wanted && own !== null && own.split(" ").indexOf(wanted) < 0)
			return false;
		return words.every(function (word) { return row.textContent.toLowerCase().indexOf(word) >= 0; });
	}

	function show(sheet) {
		var words = text.value.toLowerCase().split(/\s+/).filter(Boolean), found = 0;

		sheet.rows.forEach(function (row) {
			var match = matches(row, words, reason.value);

			found += match;
			row.hidden = !match || (!sheet.all && found > FEW);
		});
		sheet.found = found;
		sheet.more.hidden = sheet.all || found <= FEW;
		sheet.more.textContent = "Show all " + found;
	}

	function showAll() {
		var found = 0, rows = 0;

		sheets.forEach(function (sheet) {
			show(sheet);
			found += sheet.found;
			rows += sheet.rows.length;
		});
		said.value = text.value || reason.value ? found + " of " + rows + " rows" : "";
		document.querySelectorAll(".legend li").forEach(function (item) {
			var on = reason.value !== "" && item.getAttribute("data-r") === reason.value;

			item.classList.toggle("on", on);
			item.querySelectorAll("button").forEach(function (b) { b.setAttribute("aria-pressed", on); });
		});
	}

	document.querySelectorAll("table.sheet").forEach(function (table) {
		var sheet = { body: table.tBodies[0], all: false };

		sheet.rows = Array.from(sheet.body.rows);
		sheet.heads = Array.from(table.tHead.rows[0].cells);
		sheet.heads.forEach(function (head, column) {
			var button = document.createElement("button");

			if (!head.textContent)
				return;
			button.type = "button";
			button.textContent = head.textContent;
			button.addEventListener("click", function () { sortBy(sheet, column); });
			head.replaceChildren(button);
		});
		sheet.more = document.createElement("button");
		sheet.more.type = "button";
		sheet.more.className = "more";
		sheet.more.addEventListener("click", function () { sheet.all = true; show(sheet); });
		table.parentNode.after(sheet.more);
		sheets.push(sheet);
	});

	document.querySelectorAll(".legend li[data-r]").forEach(function (item) {
		var button = document.createElement("button");

		button.type = "button";
		button.textContent = item.textContent;
		button.addEventListener("click", function () {
			reason.value = reason.value === item.getAttribute("data-r") ? "" : item.getAttribute("data-r");
			showAll();
		});
		item.replaceChildren(button);
	});

	/* The titles of the bins are for who has no script; here they would come on top of the tip. */
	(function () {
		var tip = document.createElement("div");

		tip.id = "tip";
		tip.hidden = true;
		document.body.appendChild(tip);
		document.querySelectorAll(".bin").forEach(function (bin) {
			var title = bin.querySelector("title"), words = title.textContent;

			title.remove();
			bin.addEventListener("pointermove", function (event) {
				tip.textContent = words;
				tip.hidden = false;
				tip.style.left = Math.max(4, Math.min(event.pageX + 14, document.documentElement.clientWidth - tip.offsetWidth - 8)) + "px";
				tip.style.top = event.pageY + 14 + "px";
			});
			bin.addEventListener("pointerleave", function () { tip.hidden = true; });
		});
	})();

	/* On paper there is no button. */
	window.addEventListener("beforeprint", function () {
		sheets.forEach(function (sheet) {
			sheet.before = sheet.all;
			sheet.all = true;
		});
		showAll();
	});
	window.addEventListener("afterprint", function () {
		sheets.forEach(function (sheet) { sheet.all = sheet.before; });
		showAll();
	});

	form.addEventListener("submit", function (event) { event.preventDefault(); });
	text.addEventListener("input", showAll);
	reason.addEventListener("change", showAll);
	form.hidden = false;
	showAll();
})();
