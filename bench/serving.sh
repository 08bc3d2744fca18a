# Starts a server with a model, for the scripts beside this one: ". bench/serving.sh" in the root of the checkout, with the model's
# folder in $model. Afterwards $address is the server's address and $work a folder for temporary files; both end with the script.
./carve version >&2
work=$(mktemp -d)
./carve serve "model=$model" --port 0 --states "$work/states" >"$work/out" &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null || true; rm -rf "$work"' EXIT
until grep -q '^carve serves' "$work/out"; do
    kill -0 $server
    sleep 0.2
done
address=$(sed -n 's/^carve serves .* at //p' "$work/out")
