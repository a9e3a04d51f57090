using System.Globalization;
using System.Net;
using System.Text;
using Tenants.Benchmarks.Measuring;

namespace Tenants.Benchmarks.Reporting;

/// <summary>
/// A picture of the figures that have a goal: how much of what is allowed each takes. The line stands where the goal is; what ends before it meets it.
/// </summary>
internal static class Chart
{
    private const int Width = 1000;
    private const int Left = 560;
    private const int Right = 90;
    private const int Top = 46;
    private const int Step = 22;
    private const double Most = 2;

    // Colours that stand out from white and from black; where the reader's theme is known, the text goes with it.
    private const string Style = """
        <style>
          text { font: 12px system-ui, sans-serif; fill: #57606a }
          .met { fill: #2da44e } .missed { fill: #cf222e } .goal { stroke: #57606a; stroke-dasharray: 4 3 }
          @media (prefers-color-scheme: dark) { text { fill: #c9d1d9 } .goal { stroke: #c9d1d9 } }
        </style>
        """;

    /// <summary>Draws it.</summary>
    public static string Draw(IReadOnlyList<Result> results)
    {
        var bars = results.SelectMany(r => r.Figures.Where(f => f.Goal.Share(f.Value) is not null).Select(f => (Title: r.Title(f), Figure: f))).ToList();
        var height = Top + (bars.Count * Step) + 12;
        var goal = X(1);
        var svg = new StringBuilder();
        svg.AppendLine(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{height}\" viewBox=\"0 0 {Width} {height}\" role=\"img\">");
        svg.AppendLine("<title>How much of what its goal allows each figure takes</title>");
        svg.AppendLine(Style);
        svg.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{goal}\" y=\"18\" text-anchor=\"middle\">goal</text>");
        svg.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{Left}\" y=\"18\">← better</text>");
        for (var i = 0; i < bars.Count; i++)
        {
            var (title, figure) = bars[i];
            var y = Top + (i * Step);
            var end = X(Math.Min(Most, figure.Goal.Share(figure.Value)!.Value));
            svg.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{Left - 8}\" y=\"{y}\" text-anchor=\"end\">{WebUtility.HtmlEncode(Short(title))}</text>");
            svg.AppendLine(CultureInfo.InvariantCulture, $"<rect class=\"{(figure.IsMissed ? "missed" : "met")}\" x=\"{Left}\" y=\"{y - 10}\" width=\"{Math.Max(1, end - Left)}\" height=\"13\" rx=\"2\"/>");
            svg.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{end + 6}\" y=\"{y}\">{WebUtility.HtmlEncode(figure.Goal.Write(figure.Value))}</text>");
        }

        svg.AppendLine(CultureInfo.InvariantCulture, $"<line class=\"goal\" x1=\"{goal}\" y1=\"24\" x2=\"{goal}\" y2=\"{height - 6}\"/>");
        svg.AppendLine("</svg>");
        return svg.ToString();
    }

    private static int X(double share) => Left + (int)((Width - Left - Right) * share / Most);

    private static string Short(string title) => title.Length <= 92 ? title : title[..90] + " …";
}
