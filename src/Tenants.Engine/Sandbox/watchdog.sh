# Waits until its owner's end of the pipe is closed; then ends the owner's server and removes its folder.
# The folder comes on the pipe, not as an argument: processes are told by it, and this one is none of them.
trap '' INT HUP TERM QUIT
read -r dir || exit 0
echo ready
exec >/dev/null 2>&1

if read -r word && [ "$word" = done ]; then exit 0; fi

# initdb, pg_ctl and the server all carry the data folder in their arguments; nothing else has any business with it.
members() {
    if [ -r /proc/self/cmdline ]; then
        printf '%s\n' "$dir/data" | grep -lF -f - /proc/[0-9]*/cmdline | while IFS=/ read -r _ _ pid _; do echo "$pid"; done
    else
        ps -A -o pid= -o command= | while read -r pid command; do
            case $command in *"$dir/data"*) echo "$pid" ;; esac
        done
    fi
}

end() {
    for pid in $(members); do kill "-$1" "$pid"; done
    rm -rf "$dir"
}

# What was just being started may show up a moment later; so: until two looks in a row found nothing.
quiet=0
round=0
while [ "$quiet" -lt 2 ] && [ "$round" -lt 60 ]; do
    if [ -e "$dir" ] || [ -n "$(members)" ]; then
        quiet=0
        if [ "$round" -lt 12 ]; then end QUIT; else end KILL; fi
    else
        quiet=$((quiet + 1))
    fi
    round=$((round + 1))
    sleep 0.2 || sleep 1
done
