# Sourced by run and nightly: each step is named, timed, and must succeed.

ci_started=$SECONDS

step() { # step NAME COMMAND...
  local name=$1 started=$SECONDS
  shift
  echo "== $name"
  "$@"
  echo "== $name: $((SECONDS - started)) s"
}

total() {
  echo "== everything: $((SECONDS - ci_started)) s"
}

# A virtual environment with the package as it is here, and what the given requirements say.
environment() { # environment FOLDER PYTHON REQUIREMENT...
  local folder=$1 python=$2
  shift 2
  rm -rf "$folder"
  "$python" -m venv "$folder"
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
}

# The oldest versions that pyproject.toml allows, runtime and tests.
lowest_environment() { # lowest_environment FOLDER PYTHON
  local folder=$1 python=$2
  environment "$folder" "$python" packaging
  "$folder/bin/python" .ci/lowest.py test > "$folder/lowest.txt"
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check -r "$folder/lowest.txt"
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -e .
}
