using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Tenants.Engine.Isolation.Logins;

/// <summary>
/// Passwords, and what the server keeps of them: the SCRAM-SHA-256 verifier of RFC 5803, in PostgreSQL's form
/// (<c>SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey</c>). Made here, so that no password is ever sent or logged.
/// </summary>
internal static class ScramVerifier
{
    // PostgreSQL's own default. The passwords are random, so more would only cost time at each connection.
    private const int Iterations = 4096;

    /// <summary>A password that nobody guesses: 192 random bits in letters that need no quoting anywhere.</summary>
    public static string CreatePassword() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(24)).Replace('+', '-').Replace('/', '_');

    /// <summary>The verifier of a password. RFC 5802 says how.</summary>
    /// <param name="password">The password, in ASCII (nothing to prepare by SASLprep).</param>
    public static string Of(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, Iterations, HashAlgorithmName.SHA256, 32);
        var storedKey = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        var serverKey = HMACSHA256.HashData(salted, "Server Key"u8);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"SCRAM-SHA-256${Iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(storedKey)}:{Convert.ToBase64String(serverKey)}");
    }
}
