# Waits until its owner's end of the pipe is closed; then ends the owner's server and removes its folder.
$dir = [Console]::In.ReadLine()
if (-not $dir) { exit }
[Console]::Out.WriteLine('ready')
[Console]::Out.Flush()
if ([Console]::In.ReadLine() -eq 'done') { exit }
$data = Join-Path $dir 'data'
$quiet = 0
for ($round = 0; $quiet -lt 2 -and $round -lt 40; $round++) {
    $members = @(Get-CimInstance Win32_Process | Where-Object { $_.CommandLine -and $_.CommandLine.Contains($data) })
    if ($members.Count -eq 0 -and -not (Test-Path -LiteralPath $dir)) { $quiet++ }
    else {
        $quiet = 0
        foreach ($member in $members) { taskkill.exe /F /T /PID $member.ProcessId 2>&1 | Out-Null }
        Remove-Item -LiteralPath $dir -Recurse -Force -ErrorAction SilentlyContinue
    }
    Start-Sleep -Milliseconds 200
}
