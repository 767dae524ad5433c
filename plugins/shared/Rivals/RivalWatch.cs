using System.Globalization;
using NetAgent.Contracts;

namespace NetAgent.Plugins.Shared.Rivals;

/// <summary>
/// Notices that somebody else keeps changing a value that was ours, and says when to leave it to them for a while. Sees what the host
/// sees: a value that was as wanted and is so no more is one change, however long it stays.
/// </summary>
internal sealed class RivalWatch
{
    private const int LongestBackOffFactor = 8;
    private readonly SortedDictionary<string, Watched> _watched = new(StringComparer.Ordinal);
    private RivalLimits _limits = RivalLimits.Default;

    public void Configure(RivalLimits limits) => _limits = limits;

    /// <summary>Looks at a value; false means that it is not to be wanted now.</summary>
    /// <param name="path">Which.</param>
    /// <param name="wanted">What we want.</param>
    /// <param name="current">What is there.</param>
    /// <param name="isRight">Whether that will do.</param>
    /// <param name="now">When.</param>
    public bool Allows(string path, string wanted, string current, bool isRight, DateTimeOffset now)
    {
        if (!_watched.TryGetValue(path, out var watched))
        {
            _watched[path] = watched = new();
        }
        return watched.Look(_limits, wanted, current, isRight, now);
    }

    /// <summary>Forgets everything but these.</summary>
    public void Keep(IReadOnlySet<string> paths)
    {
        foreach (var path in _watched.Keys.Where(p => !paths.Contains(p)).ToList())
        {
            _watched.Remove(path);
        }
    }

    public IEnumerable<Notice> Notices() => _watched
        .Where(w => w.Value.Complaint is not null)
        .Select(w => new Notice(Severity.Error, "SysctlRival", $"{w.Key}: {w.Value.Complaint}"));

    private sealed class Watched
    {
        private readonly List<(DateTimeOffset Time, string Value)> _changes = [];
        private string? _wanted;
        private bool _wasOurs;
        private DateTimeOffset? _until;
        private DateTimeOffset _lastBackOff;
        private int _factor = 1;

        /// <summary>Fixed when the back-off begins: a text that moves would be a new event at every look.</summary>
        public string? Complaint { get; private set; }

        public bool Look(RivalLimits limits, string wanted, string current, bool isRight, DateTimeOffset now)
        {
            if (_until is { } until)
            {
                if (now < until)
                {
                    return false;
                }
                _until = null;
                Complaint = null;
                _changes.Clear();
                _wasOurs = false;
            }
            if (_wanted != wanted)
            {
                // Our own new wish is no change by somebody else.
                _wanted = wanted;
                _wasOurs = false;
            }
            if (isRight)
            {
                _wasOurs = true;
                _changes.RemoveAll(c => now - c.Time > limits.Window);
                if (_changes.Count == 0 && _factor > 1 && now - _lastBackOff > limits.Window + limits.BackOff)
                {
                    _factor = 1;
                }
                return true;
            }
            if (!_wasOurs)
            {
                return true;
            }
            _wasOurs = false;
            _changes.Add((now, current));
            _changes.RemoveAll(c => now - c.Time > limits.Window);
            if (_changes.Count < limits.Changes)
            {
                return true;
            }
            BackOff(limits.BackOff * _factor, wanted, now);
            return false;
        }

        private void BackOff(TimeSpan duration, string wanted, DateTimeOffset now)
        {
            _until = now + duration;
            _lastBackOff = now + duration;
            _factor = Math.Min(_factor * 2, LongestBackOffFactor);
            var times = string.Join(", ",
                _changes.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Value} at {c.Time.UtcDateTime:HH:mm:ss} UTC")));
            Complaint = string.Create(CultureInfo.InvariantCulture,
                $"wanted {wanted}, and somebody else set it to {times}; it is left alone until"
                    + $" {_until.Value.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC. Look for the other writer (sysctl.d files and"
                    + $" systemd-sysctl, tuned, NetworkManager, kube-proxy, a hardening or configuration tool) and take the value out"
                    + $" there, or here");
        }
    }
}
