#!/usr/bin/env bash
echo "no examples yet" >&2
exit 77
