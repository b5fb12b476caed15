# What the scripts that play Westline as a user would have in common; sourced from the root of the repository.
#
# WESTLINE is the program, PYTHON an interpreter with the packages that the script names. $work is an empty folder, which the script removes.
westline=$(realpath "${WESTLINE:-target/release/westline}")
python=$(command -v "${PYTHON:-python3}")
[[ $python == /* ]] || python=$PWD/$python # not its realpath: a virtual environment is known by its link
commonroad=${COMMONROAD:-}
[[ -z $commonroad || $commonroad == /* ]] || commonroad=$PWD/$commonroad
work=$(mktemp -d)

passed=0
failed=0
check() { # check NAME COMMAND...: runs it and counts
    local name=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        passed=$((passed + 1))
        echo "ok      $name"
    else
        failed=$((failed + 1))
        echo "FAILED  $name"
        sed 's/^/        /' "$work/log" | tail -n 30
    fi
}
