using System.Management.Automation;

namespace Tenants.Shell;

/// <summary>One line at the bottom of a terminal that says how far a long operation has come. Elsewhere: nothing.</summary>
internal sealed class ProgressLine
{
    private const int BarWidth = 24;

    private readonly bool _isOn = Terminal.CanEdit;
    private int _percent = -2;
    private string _status = "";
    private bool _isShown;

    public void Show(ProgressRecord record)
    {
        if (!_isOn)
        {
            return;
        }

        if (record.RecordType == ProgressRecordType.Completed)
        {
            Clear();
            return;
        }

        if (_isShown && record.PercentComplete == _percent && record.StatusDescription == _status)
        {
            return;
        }

        _percent = record.PercentComplete;
        _status = record.StatusDescription;
        var bar = _percent < 0 ? "" : $"[{new string('#', _percent * BarWidth / 100).PadRight(BarWidth)}] {_percent,3}% ";
        var text = $"{record.Activity}: {bar}{_status}";
        var width = Math.Max(Console.WindowWidth - 1, 10);
        Console.Write("\r\u001b[2K" + (text.Length > width ? text[..width] : text));
        _isShown = true;
    }

    /// <summary>Takes the line away, before anything else is written.</summary>
    public void Clear()
    {
        if (_isShown)
        {
            Console.Write("\r\u001b[2K");
            _isShown = false;
        }
    }
}
