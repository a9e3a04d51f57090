using Docker.DotNet.Models;
using DotNet.Testcontainers.Configurations;

namespace Tenants.Testing;

/// <summary>Which of the images that would do lies on this machine. Nothing is ever pulled.</summary>
internal static class DockerImage
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly string[] Majors = ["18", "17", "16", "15", "14"];

    /// <summary>The image to use, or why there is none.</summary>
    public static async Task<(string? Image, string Reason)> FindAsync()
    {
        try
        {
            return await SearchAsync().WaitAsync(Patience);
        }
        catch (Exception exception)
        {
            return (null, $"no Docker engine answers ({exception.Message.Split('\n')[0].TrimEnd('.')})");
        }
    }

    private static async Task<(string? Image, string Reason)> SearchAsync()
    {
        // Finding the engine's address blocks.
        var endpoint = await Task.Run(() => TestcontainersSettings.OS.DockerEndpointAuthConfig);
        if (endpoint is null)
        {
            return (null, "no Docker engine answers");
        }

        using var client = endpoint.GetDockerClientBuilder(Guid.NewGuid()).Build();
        await client.System.PingAsync();
        var present = (await client.Images.ListImagesAsync(new ImagesListParameters())).SelectMany(image => image.RepoTags ?? []).ToHashSet();

        // The reaper is a container too; without its image there is none, and the containers end with the tests.
        TestcontainersSettings.ResourceReaperEnabled = present.Contains(TestcontainersSettings.ResourceReaperImage.FullName);

        var wanted = Wanted().ToList();
        return wanted.FirstOrDefault(present.Contains) is { } image
            ? (image, "")
            : (null, $"a Docker engine answers, but none of these images is there: {string.Join(", ", wanted)}");
    }

    private static IEnumerable<string> Wanted()
    {
        if (Environment.GetEnvironmentVariable("TENANTS_TEST_IMAGE") is { Length: > 0 } named)
        {
            return [named];
        }

        return (TestServer.WantedMajor is { } major ? [$"{major}"] : Majors).SelectMany(version => new[] { $"postgres:{version}-alpine", $"postgres:{version}" });
    }
}
