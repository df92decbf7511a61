# SPDX-License-Identifier: AGPL-3.0-or-later
# What the OpenMetrics 1.0 text format asks of us, and what we ask of it: our prefix,
# no label but those that name nobody, events in hundreds. Prints each fault.
function fault(text) { print "line " NR ": " text ": " $0; bad = 1 }
function finish_family() {
    if (type == "histogram" && seen && !inf)
        fault(family " has no +Inf bucket before")
    if (family != "" && !seen) fault(family " has no sample")
}
ended { fault("after the end") }
/^# EOF$/ { finish_family(); ended = 1; next }
/^# (TYPE|UNIT|HELP) / {
    if ($2 == "TYPE") {
        finish_family()
        family = $3; type = $4; seen = 0; inf = 0; last = 0; unit = ""; total = -1
        if (families[family]++) fault("a family twice")
        if (family !~ /^pristan_relay_[a-z_]+$/) fault("a name that is not ours")
        if (type !~ /^(gauge|counter|histogram|info)$/) fault("a type that is none")
        if (type == "counter" && family ~ /_total$/) fault("_total in a family's name")
    } else if ($3 != family || seen) {
        fault("out of its family")
    } else if ($2 == "UNIT") {
        if (substr(family, length(family) - length($4)) != "_" $4)
            fault("the unit does not end the name")
    } else if (NF < 4) {
        fault("no help")
    }
    next
}
/^#/ || /^$/ { fault("neither a sample nor a comment that may be"); next }
{
    seen = 1
    if ($0 !~ /^[a-z_]+(\{[a-z]+="[^"\\]*"\})? ([0-9]+(\.[0-9]+)?)$/) {
        fault("no sample")
        next
    }
    name = $1; sub(/\{.*/, "", name)
    label = ""
    if ($1 ~ /\{/) { label = $1; sub(/.*\{/, "", label); sub(/=.*/, "", label) }
    value = $NF
    suffix = substr(name, length(family) + 1)
    if (substr(name, 1, length(family)) != family) fault("of another family")
    if (samples[$1]++) fault("a sample twice")
    if (label !~ /^(|le|reason|version)$/) fault("a label that may name somebody")
    if (type == "gauge" && (suffix != "" || label != "")) fault("not a gauge's")
    if (type == "info" && (suffix != "_info" || value != 1)) fault("not an info's")
    if (type == "counter") {
        if (suffix != "_total") fault("not a counter's")
        if (value % 100 != 0) fault("events that are not in hundreds")
    }
    if (type == "histogram") {
        if (suffix == "_bucket") {
            if (label != "le") fault("a bucket without its bound")
            if (value + 0 < last) fault("buckets that do not rise")
            last = value + 0
            bound = $1; sub(/.*le="/, "", bound); sub(/".*/, "", bound)
            if (bound == "+Inf") inf = 1
            else if (inf || bound !~ /^[0-9]+\.[0-9]+$/) fault("a bound")
            else if (bounds[family] != "" && bound + 0 <= bounds[family] + 0)
                fault("bounds that do not rise")
            else bounds[family] = bound
        } else if (suffix == "_count") {
            if (!inf || value + 0 != last) fault("a count that is not the last bucket")
        } else if (suffix != "_sum") {
            fault("not a histogram's")
        }
    }
}
END {
    if (!ended) { print "no # EOF at the end"; bad = 1 }
    exit bad
}
