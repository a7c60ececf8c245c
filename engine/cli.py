"""The command `trailboard`: the same engine as the pages, from a shell.

Modules of the engine are imported where a command needs them, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from engine.language.errors import QueryCancelled, QueryError, QueryTimeout, SourceError, TrailboardError
from engine.screen import neutralise_lines
from engine.settings import Settings, is_zone

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from engine.aws.live import Aws, Live
    from engine.aws.profiles import Profile, Profiles
    from engine.geo import Geo
    from engine.lake.collect import CollectReport
    from engine.lake.rhythm import Rhythm
    from engine.lake.store import Lake
    from engine.lake.watch import WatchState
    from engine.query import Engine

_Parser = argparse.ArgumentParser
APP = Path(__file__).resolve().parent.parent / "streamlit_app.py"

HOUR = timedelta(hours=1)
FORMATS = ("table", "csv", "json", "parquet")

FAILED, MISTAKE, BUG, INTERRUPTED, NO_READER = 1, 2, 70, 130, 141

NO_LAKE = "no lake yet: `trailboard collect cloudtrail SOURCE` makes yours, `trailboard demo` one of sample data"

STATUS = """\
exit status:
  0    done
  1    a source or the lake could not be read or written, or the query ran out of time
  2    a mistake in the query or on the command line
  70   a bug in Trailboard (TRAILBOARD_DEBUG=1 shows the traceback)
  130  interrupted
"""

COLLECT_STATUS = """\
Files that were collected before are skipped, so the same command may run again and again, also after it was
interrupted. Lines that cannot be understood are kept in the lake with their reason, and do not change the exit status.

exit status:
  0    everything was collected, or there was nothing new
  1    the source or the lake could not be read or written, some files could not, or no log files were found
  130  interrupted; what was stored until then stays, the next run goes on from there
"""


COMPACT = """\
Collecting does this by itself where it pays. Queries and collectors go on meanwhile, and may start at any time.
"""

RETAIN = """\
Says what it would delete and asks; without a terminal to ask on it deletes only with --yes. Without --days and
--forever it tells what is set. A retention stays set: collecting applies it, and neither stores nor reads what is
older, so deleted days do not come back. After a longer retention is set, collecting a source that still has the days
between brings them back. Files of deleted days leave the disk a week later, with `compact --keep` sooner.

exit status:
  0  deleted, or nothing to delete
  1  the lake could not be read or written, or what would be deleted was not confirmed
"""


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit status; every foreseeable failure is a sentence on stderr."""
    arguments = build_parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = arguments.command
    try:
        status = command(arguments)
        sys.stdout.flush()
        return status
    except (QueryError, UsageMistake) as error:
        return _fail(str(error), MISTAKE)
    except (SourceError, QueryTimeout) as error:
        return _fail(str(error), FAILED)
    except (KeyboardInterrupt, QueryCancelled):
        return _fail("interrupted", INTERRUPTED)
    except BrokenPipeError:  # `| head` has seen enough; closing stdout at exit must not complain again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NO_READER
    except Exception as error:
        if os.environ.get("TRAILBOARD_DEBUG"):
            traceback.print_exc()
        what = f"{type(error).__name__}: {error}".splitlines()[0]
        return _fail(f"internal error: {what} (please report it; TRAILBOARD_DEBUG=1 shows the traceback)", BUG)


def build_parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    parser = argparse.ArgumentParser(
        prog="trailboard",
        description="Dashboards and a query language over logs of AWS accounts.",
        epilog=STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"trailboard {version('trailboard')}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, command: Callable[[argparse.Namespace], int], summary: str, epilog: str = "") -> _Parser:
        sub = commands.add_parser(
            name,
            help=summary,
            description=summary[0].upper() + summary[1:] + ".",
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        sub.set_defaults(command=command)
        return sub

    run = add("run", run_app, "start the app on the configured lake, or on sample data when there is none")
    _add_lake(run)
    run.add_argument("--port", type=_port, default=8501, help="port of the app (default: %(default)s)")
    run.add_argument(
        "--address", default="localhost", help="address to listen on; 0.0.0.0 lets others in (default: %(default)s)"
    )
    run.add_argument("--no-browser", action="store_true", help="do not open a browser")

    collect = add("collect", collect_logs, "read log files into the lake", COLLECT_STATUS)
    collect.add_argument("kind", choices=["cloudtrail", "elb"], help="what the files are")
    collect.add_argument(
        "source",
        metavar="SOURCE",
        help="a folder of log files, one file, s3://BUCKET/PREFIX, or lookup://PROFILE: CloudTrail's own history",
    )
    _add_lake(collect)
    collect.add_argument(
        "--since",
        metavar="DAY",
        type=_day,
        help="only files delivered on this UTC day or later: 2026-11-01, or 7d for seven days ago, which is the default"
        " for a bucket; `all` for everything",
    )
    collect.add_argument(
        "--until", metavar="DAY", type=_day, help="only events up to the end of this UTC day: files up to the day after"
    )
    collect.add_argument(
        "--account", metavar="ID", action="append", default=[], type=_account, help="only this account; repeatable"
    )
    collect.add_argument("--region", metavar="NAME", action="append", default=[], help="only this region; repeatable")
    collect.add_argument("--profile", metavar="NAME", help="AWS profile to read a bucket with")
    collect.add_argument(
        "--requester-pays", action="store_true", help="pay for requests to a bucket whose owner wants that"
    )
    collect.add_argument("--watch", action="store_true", help="collect again and again, until interrupted")
    collect.add_argument(
        "--every", metavar="TIME", type=_pause, default=timedelta(minutes=5), help="pause of --watch (default: 5m)"
    )
    collect.add_argument(
        "--queue", metavar="URL", help="with --watch: an SQS queue that is told of new objects, instead of listing"
    )

    query = add("query", run_query, "run a query and print its rows", STATUS)
    _add_text(query)
    _add_lake(query)
    _add_clock(query)
    query.add_argument("--format", choices=FORMATS, help="default: by --output, else table")
    query.add_argument("--output", metavar="FILE", type=Path, help="write to a file instead of the screen")
    _add_parameters(query)
    query.add_argument("--timeout", metavar="SECONDS", type=float, help="give up after this time")

    explain = add("explain", explain_query, "show how a query would run: steps, files, SQL", STATUS)
    _add_text(explain)
    _add_lake(explain)
    _add_clock(explain)
    _add_parameters(explain)

    tables = add("tables", show_tables, "list the tables, or the fields of one table")
    tables.add_argument("name", nargs="?", metavar="TABLE", help="show the fields of this table")
    _add_lake(tables)

    coverage = add("coverage", show_coverage, "show what the lake holds, and where it has holes")
    _add_lake(coverage)
    shown = coverage.add_mutually_exclusive_group()
    shown.add_argument("--hours", action="store_true", help="every hour, instead of one line per account and region")
    shown.add_argument("--gaps", action="store_true", help="the hours without events where there usually are some")
    shown.add_argument("--rejects", action="store_true", help="what could not be read as an event, newest first")
    coverage.add_argument(
        "--since", metavar="DAY", type=_day, help="from this UTC day on: 2026-11-01, or 7d for seven days ago"
    )

    again = add("retry", retry_rejects, "try again to read what could not be read as an event")
    again.add_argument("objects", nargs="*", metavar="OBJECT", help="only of these files (default: of all)")
    again.add_argument("--profile", metavar="NAME", help="AWS profile to read a bucket with")
    _add_lake(again)

    compact = add("compact", compact_lake, "join small files, and delete those that nobody reads any more", COMPACT)
    _add_lake(compact)
    compact.add_argument("--dry-run", action="store_true", help="only say what would be done")
    compact.add_argument(
        "--keep",
        metavar="HOURS",
        type=_hours,
        default=168,
        help="how long replaced files stay for queries that still read them (default: %(default)s)",
    )

    retain = add("retain", retain_days, "set how many days a table keeps, and delete the days before", RETAIN)
    _add_lake(retain)
    how_long = retain.add_mutually_exclusive_group()
    how_long.add_argument("--days", metavar="N", type=_days, help="days to keep before today (UTC)")
    how_long.add_argument("--forever", action="store_true", help="delete nothing from now on")
    retain.add_argument("--table", metavar="TABLE", help="cloudtrail, elb, nlb or rejects (default: all of them)")
    retain.add_argument("--dry-run", action="store_true", help="only say what would be deleted")
    retain.add_argument("--yes", action="store_true", help="do not ask before deleting")

    profiles = add("profiles", show_profiles, "list who asks AWS, or try which permissions they have")
    profiles.add_argument("name", nargs="?", metavar="PROFILE", help="only this profile")
    shown = profiles.add_mutually_exclusive_group()
    shown.add_argument("--check", action="store_true", help="try every permission once; free calls only")
    shown.add_argument("--check-billed", action="store_true", help="try the billed ones too, for some cents")
    shown.add_argument("--policy", action="store_true", help="print the smallest policy that Trailboard needs, as JSON")
    profiles.add_argument(
        "--bucket", metavar="BUCKET", action="append", default=[], help="with --policy: a bucket of logs to collect"
    )

    demo = add("demo", make_demo, "make a lake of sample data")
    demo.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="default: the one that `run` uses")
    demo.add_argument("--days", type=int, default=14, help="days of events, up to now (default: %(default)s)")
    return parser


def _add_lake(parser: _Parser) -> None:
    parser.add_argument(
        "--lake",
        metavar="LAKE",
        help="folder of the lake, or s3://BUCKET/PREFIX (default: $TRAILBOARD_LAKE or ~/.trailboard/lake)",
    )


def _add_text(parser: _Parser) -> None:
    parser.add_argument("query", metavar="QUERY", help="the query, or - to read it from standard input")


def _add_clock(parser: _Parser) -> None:
    parser.add_argument(
        "--now", metavar="TIME", type=_clock, help="run as if it were this time: 2026-11-05T09:00, or with an offset"
    )
    parser.add_argument(
        "--timezone", metavar="ZONE", type=_zone, help="zone of dates in query and result (default: the machine's)"
    )


def _add_parameters(parser: _Parser) -> None:
    parser.add_argument(
        "--param", metavar="NAME=VALUE", action="append", default=[], type=_parameter, help='a value for $("NAME")'
    )


# Commands


def run_app(arguments: argparse.Namespace) -> int:
    """Become the app's server: signals and the exit status are then Streamlit's own."""
    settings = _settings(arguments)
    _require_lake(settings)
    if not APP.is_file():
        raise SourceError(f"{APP} is missing", "run Trailboard from a checkout: pip install --editable .")
    _require_free(arguments.port)
    server = ["--server.port", str(arguments.port), "--server.address", arguments.address]
    if arguments.no_browser:
        server += ["--server.headless", "true"]
    environment = os.environ if settings.is_demo else {**os.environ, "TRAILBOARD_LAKE": settings.lake}
    os.chdir(APP.parent)  # Streamlit reads .streamlit/config.toml from where it starts
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, "-m", "pages.parts.serve", "run", str(APP), *server], environment)


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"`{text}` is not a port: a number from 1 to 65535")
    return int(text)


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("localhost", port))
        except OSError as problem:
            hint = f"trailboard run --port {port % 65535 + 1}, or make run PORT={port % 65535 + 1}"
            raise SourceError(f"port {port} cannot be used: {problem.strerror}", hint) from None


def collect_logs(arguments: argparse.Namespace) -> int:
    """Collect with a progress line on stderr and a report on stdout."""
    from engine.lake.collect import collect
    from engine.lake.store import Lake
    from engine.meter import Meter

    if arguments.queue and not arguments.watch:
        raise UsageMistake("--queue is for --watch")
    lake = Lake.open(_settings(arguments).own_lake, create=True)
    options = {
        "since": arguments.since,
        "until": arguments.until,
        "accounts": arguments.account,
        "regions": arguments.region,
        "profile": arguments.profile,
        "requester_pays": arguments.requester_pays,
    }
    if arguments.watch:
        return _watch(arguments, lake, options)
    with _stop_on_interrupt() as cancel, Meter(sys.stderr) as meter:
        report = collect(lake, arguments.kind, arguments.source, progress=meter.collecting, cancel=cancel, **options)
    _show(describe(report))
    for warning in report.warnings:
        _say(f"warning: {warning}")
    _show(f"lake: {lake.place.uri}")
    if report.cancelled:
        return INTERRUPTED
    return FAILED if report.failed or not report.objects else 0


def _watch(arguments: argparse.Namespace, lake: Lake, options: dict[str, Any]) -> int:
    """Collect until interrupted, with a line about each poll."""
    from engine.lake.watch import watch
    from engine.meter import Meter

    warned: set[str] = set()
    with _stop_on_interrupt() as cancel, Meter(sys.stderr) as meter:
        polls = watch(
            lake,
            arguments.kind,
            arguments.source,
            every=arguments.every,
            queue=arguments.queue,
            progress=meter.collecting,
            cancel=cancel,
            **options,
        )
        for state, report in polls:
            meter.clear()
            for warning in set(report.warnings if report else ()) - warned:
                warned.add(warning)
                _say(f"warning: {warning}")
            _show(f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S}  {describe_poll(state, report)}")
            sys.stdout.flush()
    return INTERRUPTED


def describe_poll(state: WatchState, report: CollectReport | None) -> str:
    """What a poll of a watch found, in a line."""
    if report is None:
        return f"failed, to be tried again: {state.error}"
    pieces = [f"{report.collected:,} new objects, {report.events:,} events"]
    if report.failures:
        name, problem = report.failed[0]
        pieces.append(f"{report.failures:,} objects could not be read, for example {name}: {problem}")
    if state.requests:
        pieces.append(f"{state.last_requests:,} list requests, {state.usd_per_month:,.2f} USD in 30 days")
    return " · ".join(pieces)


def describe(report: CollectReport) -> str:
    """The report, with one example of each reason for which something was put aside."""
    lines = str(report).splitlines() if report.objects else ["no log files found"]
    first = {example.reason: example for example in reversed(report.examples)}
    for reason, example in first.items():
        lines += [f"for example, {reason}: {example.object}, record {example.record}", f"    {example.text[:160]}"]
    if report.cancelled:
        lines.append("interrupted: run the same command again to go on")
    return "\n".join(lines)


def run_query(arguments: argparse.Namespace) -> int:
    """Rows to stdout or a file; what it took, and warnings, to stderr."""
    target: Path | None = arguments.output
    form = arguments.format or _format_of(target)
    if form == "parquet" and target is None and sys.stdout.isatty():
        raise UsageMistake("Parquet is not for the screen: name a file, --output rows.parquet")
    settings = _settings(arguments)
    with _hint_without_lake(settings):
        result = _engine(arguments, settings).execute(_text(arguments.query), dict(arguments.param), arguments.timeout)
    _write(result.frame, form, target)
    for warning in result.warnings:
        _say(f"warning: {warning}")
    for live in result.live:
        _say(describe_live(live, result.now))
    read = f", {result.files_read:,} of {result.files_total:,} files read" if result.files_total else ""
    source = " (sample data)" if settings.is_demo and result.files_total else ""
    _say(f"{result.rows:,} rows in {result.elapsed:.2f} s{read}{source}")
    return 0


def explain_query(arguments: argparse.Namespace) -> int:
    """The plan as text."""
    settings = _settings(arguments)
    with _hint_without_lake(settings):
        plan = _engine(arguments, settings).explain(_text(arguments.query), dict(arguments.param))
    _show(str(plan))
    return 0


def show_tables(arguments: argparse.Namespace) -> int:
    """Tables with their descriptions, or one table's fields with theirs."""
    import pandas as pd

    from engine.language.errors import did_you_mean

    settings = _settings(arguments)
    catalog = _engine(arguments, settings).catalog()
    if _has_no_lake(settings):
        _say(NO_LAKE)
    if arguments.name is None:
        rows = [(table.name, len(table.fields), table.description) for table in catalog.tables]
        _write(pd.DataFrame(rows, columns=["table", "fields", "description"]), "table")
        return 0
    found = next((table for table in catalog.tables if table.name == arguments.name), None)
    if found is None:
        raise SourceError(f"there is no table `{arguments.name}`", did_you_mean(arguments.name, catalog.names()))
    fields = [(field.name, str(field.type), field.description) for field in found.fields]
    _write(pd.DataFrame(fields, columns=["field", "type", "description"]), "table")
    return 0


def show_coverage(arguments: argparse.Namespace) -> int:
    """What was collected, and where it has holes."""
    from engine.lake.coverage import coverage, gaps, rejects
    from engine.lake.rhythm import rhythms
    from engine.lake.store import Lake

    settings = _settings(arguments)
    _require_lake(settings)
    if _has_no_lake(settings):
        raise SourceError(NO_LAKE)
    lake = Lake.open(settings.lake)
    if arguments.rejects:
        shown = rejects(lake)
    else:
        start = None if arguments.since is None else datetime.combine(arguments.since, time(), UTC)
        hours = coverage(lake, start)
        shown = hours if arguments.hours else gaps(hours) if arguments.gaps else by_region(hours, rhythms(lake))
    for name in shown.columns.intersection(["hour", "first", "last", "start", "end", "collected"]):
        if len(shown):
            shown[name] = shown[name].dt.tz_convert(settings.timezone).dt.floor("s")
    _write(shown, "table")
    if settings.is_demo:
        _say("sample data")
    return 0


def by_region(hours: pd.DataFrame, rhythms: list[Rhythm]) -> pd.DataFrame:
    """Coverage per table, account and region.

    `missing` counts hours without events between the first and the last, `gaps` those of them that are not usual;
    `state` tells whether the last delivery is usual (see `engine.lake.rhythm`).
    """
    from engine.lake.coverage import STREAM, gaps
    from engine.lake.rhythm import origin_of

    grouped = hours.groupby(STREAM, dropna=False)
    summary = grouped.agg(
        first=("first", "min"),
        last=("last", "max"),
        hours=("hour", "nunique"),
        missing=("hour", lambda hour: (hour.max() - hour.min()) // HOUR + 1 - hour.nunique()),
        gaps=("rows", lambda _: 0),
        rows=("rows", "sum"),
        objects=("objects", "sum"),
        rejects=("rejects", "sum"),
        duplicates=("duplicates", "sum"),
        lag=("lag", "max"),
    )
    summary["gaps"] = gaps(hours).groupby(STREAM, dropna=False)["hours"].sum()
    summary = summary.fillna({"gaps": 0}).astype({"gaps": "int64"}).reset_index()
    known = {(it.kind, it.load_balancer, it.account, it.region): it for it in rhythms if not it.is_whole}
    now = datetime.now(UTC)
    streams = [(*origin_of(table), account, region) for table, account, region in summary[STREAM].to_numpy()]
    summary["state"] = [known[stream].state(now) if stream in known else "unknown" for stream in streams]
    return summary


def retry_rejects(arguments: argparse.Namespace) -> int:
    """Read objects with rejects once more, and tell what came of it."""
    from engine.lake.retry import retry
    from engine.meter import Meter

    lake = _own_lake(arguments)
    with _stop_on_interrupt() as cancel, Meter(sys.stderr) as meter:
        report = retry(lake, arguments.objects, profile=arguments.profile, progress=meter.collecting, cancel=cancel)
    _show(str(report))
    if report.cancelled:
        return INTERRUPTED
    return FAILED if report.failed else 0


def compact_lake(arguments: argparse.Namespace) -> int:
    """Say what is joined and deleted, and do it: no row is lost or changed by it."""
    from engine.lake.compact import compact, planned

    lake = _own_lake(arguments)
    told = planned(lake, arguments.keep) if arguments.dry_run else compact(lake, arguments.keep)
    _show(f"{'dry run: ' if arguments.dry_run else ''}{told}")
    return 0


def retain_days(arguments: argparse.Namespace) -> int:
    """Say which days are deleted, ask, and delete them."""
    from engine.lake.retain import planned, policies, retain, tables_named, today

    lake = _own_lake(arguments)
    names = tables_named(lake, arguments.table)
    if arguments.days is None and not arguments.forever:
        kept = policies(lake)
        _show("\n".join(str(kept[name]) for name in names))
        return 0
    days = dict.fromkeys(names, arguments.days)
    plans = planned(lake, days, today())
    _show("\n".join(map(str, plans)))
    if arguments.dry_run:
        return 0
    if any(plan.files for plan in plans) and not (arguments.yes or _confirmed("Delete these days?")):
        _say("nothing was deleted" if sys.stdin.isatty() else "nothing was deleted: --yes deletes without asking")
        return FAILED
    retain(lake, days, today())
    _show("done")
    return 0


def _confirmed(question: str) -> bool:
    """Whether somebody at the terminal says yes."""
    if not sys.stdin.isatty():
        return False
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def describe_live(live: Live, now: datetime) -> str:
    """One line about where the rows of an `aws-*` command come from."""
    if live.fetched_at is None:
        return f"{live.command}: AWS has not been asked"
    seconds = max(0, round((now - live.fetched_at).total_seconds()))
    age = "now" if not seconds else f"{seconds} s ago" if seconds < 120 else f"{seconds // 60} min ago"
    asked = "sample data" if live.is_demo else f"profile {', '.join(live.profiles)}"
    calls = f", {live.calls:,} calls" if live.calls else ""
    billed = f", billed {live.cost_usd:.4g} USD" if live.cost_usd else ""
    return f"{live.command}: asked {age} ({asked}{calls}{billed})"


def show_profiles(arguments: argparse.Namespace) -> int:
    """Who asks AWS and what is missing; a profile that does not work is a failure."""
    import json

    from engine.aws.live import Aws
    from engine.aws.permissions import policy
    from engine.aws.profiles import Profiles

    if arguments.policy:
        print(json.dumps(policy(arguments.bucket), indent=2))
        return 0
    settings, now = Settings.load(), datetime.now(UTC)
    aws = Aws(Profiles.load(), settings.aws_folder, budget=settings.aws_budget)
    chosen = aws.profiles.named(arguments.name)
    is_check = arguments.check or arguments.check_billed
    works = _check(aws, chosen, now, arguments.check_billed) if is_check else _connect(aws, chosen, now)
    spending = aws.spending(now)
    _say(f"billed calls in {spending.month:%Y-%m}: {spending.usd:.2f} of {spending.budget:.2f} USD")
    return 0 if works else FAILED


def _connect(aws: Aws, profiles: tuple[Profile, ...], now: datetime) -> bool:
    """A line for each profile; whether all of them can be asked."""
    import pandas as pd

    from engine.aws.permissions import connection

    found = [connection(aws, profile, now) for profile in profiles]
    rows = [(item.profile, item.auth, item.account_id, item.arn, ", ".join(item.regions)) for item in found]
    _write(pd.DataFrame(rows, columns=["profile", "credentials", "account", "identity", "regions"]), "table")
    for item in found:
        if item.problem:
            _say(f"{item.problem} ({item.hint})" if item.hint else item.problem)
    return not any(item.problem for item in found)


def _check(aws: Aws, profiles: tuple[Profile, ...], now: datetime, billed: bool) -> bool:
    """A line for each permission; whether nothing that was tried is missing."""
    import pandas as pd

    from engine.aws.permissions import check

    found = [(profile.name, item) for profile in profiles for item in check(aws, profile, now, billed=billed)]
    rows = [(name, item.action, item.state, ", ".join(item.commands), item.message) for name, item in found]
    _write(pd.DataFrame(rows, columns=["profile", "action", "state", "needed by", "message"]), "table")
    return not any(item.state in ("denied", "failed") for _, item in found)


def make_demo(arguments: argparse.Namespace) -> int:
    """Sample data up to now, so that the last hours of every page have something to show."""
    from engine.demo import make_demo_lake
    from engine.meter import Meter

    folder = arguments.folder or Settings.load().demo_folder
    with Meter(sys.stderr) as meter:
        lake = make_demo_lake(folder, days=arguments.days, progress=meter.making)
    print(lake)
    return 0


# What commands share


class UsageMistake(TrailboardError):
    """Options that do not go together."""


def _settings(arguments: argparse.Namespace) -> Settings:
    """The settings, with `--lake` in place of the configured lake."""
    if arguments.lake is None:
        return Settings.load()
    return Settings.load({**os.environ, "TRAILBOARD_LAKE": arguments.lake})


def _require_lake(settings: Settings) -> None:
    """`SourceError` when a lake was named and its folder is not there."""
    if not settings.is_demo and "://" not in settings.lake and not Path(settings.lake).is_dir():
        raise SourceError(f"there is no lake at {settings.lake}", "`trailboard collect cloudtrail SOURCE` makes one")


def _own_lake(arguments: argparse.Namespace) -> Lake:
    """The lake to change: one that was named or configured, never the sample data."""
    from engine.lake.store import Lake

    settings = _settings(arguments)
    if settings.is_demo:
        raise SourceError(NO_LAKE)
    _require_lake(settings)
    return Lake.open(settings.lake)


def _engine(arguments: argparse.Namespace, settings: Settings) -> Engine:
    """The engine on the configured lake, else on the sample data, else on no lake at all."""
    from engine.exchange import Exchange
    from engine.query import Engine

    zone = getattr(arguments, "timezone", None) or settings.timezone
    now = getattr(arguments, "now", None)
    clock = None if now is None else _aware(now, zone)
    _require_lake(settings)
    lake = None if _has_no_lake(settings) else settings.lake
    return Engine(
        lake,
        now=clock,
        timezone=zone,
        geo=_geo(settings),
        procedure_folder=settings.procedure_folder,
        lookup_folder=settings.lookup_folder,
        file_folder=settings.file_folder,
        output_folder=settings.output_folder,
        profiles=_profiles(),
        aws_home=settings.aws_folder,
        aws_budget=settings.aws_budget,
        exchange=Exchange.load(os.environ, settings.exchange_file),
    )


def _profiles() -> Profiles | None:
    """Who asks AWS; a mistake in their settings does not keep queries from the logs."""
    from engine.aws.profiles import Profiles

    try:
        return Profiles.load()
    except SourceError as problem:
        _say(f"warning: {problem}")
        return None


def _has_no_lake(settings: Settings) -> bool:
    return settings.is_demo and not Path(settings.lake).is_dir()


@contextmanager
def _hint_without_lake(settings: Settings) -> Iterator[None]:
    """Add to a mistake in a query that there are no log tables yet, which is often what it comes from."""
    try:
        yield
    except QueryError:
        if _has_no_lake(settings):
            _say(NO_LAKE)
        raise


def _geo(settings: Settings) -> Geo | None:
    """The user's own geo databases, nothing when the bundled ones are meant."""
    from engine.geo import Geo

    if settings.geoip_country is None and settings.geoip_asn is None:
        return None
    return Geo.open(settings.geoip_country, settings.geoip_asn)


def _text(query: str) -> str:
    """The query of the command line, or standard input for `-`."""
    return sys.stdin.read() if query == "-" else query


def _format_of(target: Path | None) -> str:
    """The format that a file name asks for."""
    suffix = target.suffix.lower().removeprefix(".") if target else ""
    return suffix if suffix in FORMATS else "table"


def _write(frame: pd.DataFrame, form: str, target: Path | None = None) -> None:
    """The frame in a format, to a file or to stdout; what reaches a terminal cannot act on it."""
    from engine.export import to_csv, to_json, to_parquet, to_table

    screen = target is None and sys.stdout.isatty()
    if form == "table":
        width = shutil.get_terminal_size().columns if screen else None
        content = f"{to_table(frame, width)}\n".encode(errors="backslashreplace")
    else:
        content = {"csv": to_csv, "json": to_json, "parquet": to_parquet}[form](frame)
    if target is not None:
        try:
            target.write_bytes(content)
        except OSError as error:
            raise SourceError(f"cannot write {target}: {error.strerror}") from error
    elif screen:
        _show(content.decode().removesuffix("\n"))
    else:
        sys.stdout.buffer.write(content)


def _show(text: str) -> None:
    """Lines on stdout. Names and values in them are anybody's, so nothing may act on the terminal."""
    print(neutralise_lines(text))


def _say(text: str) -> None:
    """Lines on stderr, where they do not mix with rows."""
    print(neutralise_lines(text), file=sys.stderr)


def _fail(message: str, status: int) -> int:
    """Tell what went wrong."""
    _say(f"trailboard: {message}")
    return status


@contextmanager
def _stop_on_interrupt() -> Iterator[threading.Event]:
    """An event that Ctrl-C sets, so that a commit under way is finished; a second Ctrl-C stops at once."""
    cancel = threading.Event()

    def stop(signum: int, frame: object) -> None:
        if cancel.is_set():
            raise KeyboardInterrupt
        cancel.set()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield cancel
    finally:
        signal.signal(signal.SIGINT, before)


# Values of options


def _parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"`{text}` is not NAME=VALUE")
    return name, value


def _days(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,4}", text):
        raise argparse.ArgumentTypeError(f"`{text}` is not a number of days: 1 or more")
    return int(text)


def _hours(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,4}", text):
        raise argparse.ArgumentTypeError(f"`{text}` is not a number of hours: 1 or more, for queries take their time")
    return int(text)


def _zone(text: str) -> str:
    if not is_zone(text):
        raise argparse.ArgumentTypeError(f"`{text}` is not a time zone; write it as in Asia/Seoul or UTC")
    return text


def _clock(text: str) -> datetime:
    """A date or time as people write it, without a zone unless one is given."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"`{text}` is not a time; write it as in 2026-11-05T09:00") from None


def _day(text: str) -> date:
    """A UTC day, or how many days or weeks ago, or the first day of all."""
    if text == "all":
        return date.min
    if ago := re.fullmatch(r"(\d{1,4})([dw])", text):
        return datetime.now(UTC).date() - int(ago[1]) * timedelta(days=1 if ago[2] == "d" else 7)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"`{text}` is not a day; write it as in 2026-11-01 or 7d") from None


def _account(text: str) -> str:
    if not re.fullmatch(r"\d{12}", text):
        raise argparse.ArgumentTypeError(f"`{text}` is not an account: a number of 12 digits")
    return text


def _pause(text: str) -> timedelta:
    """A duration of seconds, minutes or hours, ten seconds at least."""
    found = re.fullmatch(r"(\d{1,6})([smh])", text)
    if found is None or (seconds := int(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]]) < 10:
        raise argparse.ArgumentTypeError(f"`{text}` is not a pause; write it as in 30s, 5m or 1h, 10s at least")
    return timedelta(seconds=seconds)


def _aware(clock: datetime, zone: str) -> datetime:
    """The time itself when it has an offset, else that wall clock in a zone."""
    return clock if clock.tzinfo is not None else clock.replace(tzinfo=ZoneInfo(zone))


if __name__ == "__main__":
    sys.exit(main())
