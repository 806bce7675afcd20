# The smoke test: run by the pipeline's action Test/Smoke, in the directory of the built site.
set -eu

test -e "$TEST_ENVIRONMENT/is-up" || {
  echo "The test environment is away. That has nothing to do with this change: try again later."
  exit 1
}
grep -q '<h1>Hello' index.html
echo "ok - the page greets"
grep -q '<title>Greeter</title>' index.html
echo "ok - the page has a title"
