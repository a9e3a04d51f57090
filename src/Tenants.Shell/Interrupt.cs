using System.Management.Automation;

namespace Tenants.Shell;

/// <summary>Ctrl+C: the first stops what runs, the second ends the process, for what does not let itself be stopped.</summary>
internal sealed class Interrupt : IDisposable
{
    private readonly Lock _gate = new();
    private PowerShell? _running;
    private int _presses;

    public Interrupt() => Console.CancelKeyPress += OnPressed;

    /// <summary>Whether the pipeline that runs now, or that ran last, was interrupted.</summary>
    public bool WasPressed => _presses > 0;

    public void Dispose() => Console.CancelKeyPress -= OnPressed;

    /// <summary>Names the pipeline that Ctrl+C stops until the result is disposed.</summary>
    public IDisposable Watch(PowerShell pipeline)
    {
        lock (_gate)
        {
            _running = pipeline;
            _presses = 0;
        }

        return new Watching(this);
    }

    private void OnPressed(object? sender, ConsoleCancelEventArgs e)
    {
        lock (_gate)
        {
            _presses++;
            e.Cancel = _presses == 1 && _running is not null;
            if (e.Cancel)
            {
                _running!.BeginStop(null, null);
            }
        }
    }

    private sealed class Watching(Interrupt owner) : IDisposable
    {
        public void Dispose()
        {
            lock (owner._gate)
            {
                owner._running = null;
            }
        }
    }
}
