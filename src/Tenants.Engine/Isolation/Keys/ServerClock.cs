using System.Diagnostics;

namespace Tenants.Engine.Isolation.Keys;

/// <summary>
/// The server's time, told from here: its clock as it was read once, and what has passed since. The two machines' clocks may
/// differ by any amount.
/// </summary>
internal sealed class ServerClock
{
    private Reading _reading;

    /// <summary>Begins with the server's time as it was read just now.</summary>
    public ServerClock(DateTime serverTime) => _reading = new Reading(serverTime);

    /// <summary>The server's time.</summary>
    public DateTime Now => Volatile.Read(ref _reading).Now;

    /// <summary>Takes the server's time as it was read just now.</summary>
    public void Set(DateTime serverTime) => Volatile.Write(ref _reading, new Reading(serverTime));

    private sealed class Reading(DateTime serverTime)
    {
        private readonly DateTime _localTime = DateTime.UtcNow;
        private readonly long _ticks = Stopwatch.GetTimestamp();

        // Two clocks measure what has passed, and the longer counts: the steady one stands still while a machine sleeps, the
        // other may be set back.
        public DateTime Now
        {
            get
            {
                var steady = Stopwatch.GetElapsedTime(_ticks);
                var wall = DateTime.UtcNow - _localTime;
                return serverTime + (steady > wall ? steady : wall);
            }
        }
    }
}
