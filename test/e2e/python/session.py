"""
A DuckDB session: runs the SQL that it is given on stdin, one JSON text a line, and answers each with a line of JSON:
{"rows": [...]} or {"error": "..."}. Its extensions are those of the Python packages; none is fetched.
"""

import importlib
import json
import pathlib
import sys

import duckdb

connection = duckdb.connect()
version, platform = connection.execute(
    "SELECT library_version, platform FROM pragma_version(), pragma_platform()"
).fetchone()
directory = pathlib.Path(sys.argv[1])
extensions = directory / version / platform
extensions.mkdir(parents=True)
for name in ("avro", "httpfs", "iceberg"):
    package = importlib.import_module(f"duckdb_extension_{name}")
    file = f"{name}.duckdb_extension"
    (extensions / file).symlink_to(pathlib.Path(package.__file__).parent / "extensions" / version / file)
connection.execute("SET autoinstall_known_extensions = false")
connection.execute("SET extension_directory = ?", [str(directory)])

for line in sys.stdin:
    try:
        result = connection.execute(json.loads(line))
        answer = {"rows": result.fetchall()}
    except Exception as error:
        answer = {"error": str(error)}
    print(json.dumps(answer, default=str), flush=True)
