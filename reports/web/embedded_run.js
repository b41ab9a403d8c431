// The run that the report was made of.
const data = JSON.parse(document.getElementById('data').textContent);
